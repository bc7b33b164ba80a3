package decimal

// IsStrict reports whether p, which [Parse] accepts, has a spelling that every
// server reads: a digit first, after a minus at most, and a digit last. Others, such
// as "+5", ".5" and "5.", are refused by VictoriaMetrics, or read as 0.
func IsStrict(p []byte) bool {
	if p[0] == '-' {
		p = p[1:]
	}
	return p[0]-'0' <= 9 && p[len(p)-1]-'0' <= 9
}

// AppendStrict appends the number p, which [Parse] accepts, in a spelling that
// every server reads. Its value is the same, and so is p if IsStrict reports true.
func AppendStrict(dst, p []byte) []byte {
	if IsStrict(p) {
		return append(dst, p...)
	}
	if p[0] == '-' || p[0] == '+' {
		if p[0] == '-' {
			dst = append(dst, '-')
		}
		p = p[1:]
	}
	if p[0] == '.' {
		dst = append(dst, '0')
	}
	if last := len(p) - 1; p[last] == '.' {
		p = p[:last]
	}
	return append(dst, p...)
}
