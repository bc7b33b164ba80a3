package monkithttp

import (
	"fmt"
	"strings"

	"monkit.example/tracing"
)

// Bits of the flags of a traceparent.
const (
	flagSampled = 1
	flagRandom  = 2
)

// traceparentLen is the length in version 00. Later versions may append to it.
const traceparentLen = 55

func parseTraceparent(text string) (parent, bool) {
	p, ok := parseStandard(text)
	if !ok {
		p, ok = parseV3(text)
	}
	return p, ok && p.span != 0 && (p.high|p.trace != 0)
}

func parseStandard(text string) (p parent, ok bool) {
	if len(text) < traceparentLen || text[2] != '-' || text[35] != '-' || text[52] != '-' {
		return p, false
	}
	version, ok1 := parseHex(text[:2])
	high, ok2 := parseHex(text[3:19])
	low, ok3 := parseHex(text[19:35])
	span, ok4 := parseHex(text[36:52])
	flags, ok5 := parseHex(text[53:55])
	if !(ok1 && ok2 && ok3 && ok4 && ok5) || version == 0xff {
		return p, false
	}
	if len(text) > traceparentLen && (version == 0 || text[traceparentLen] != '-') {
		return p, false
	}
	return w3cParent(high, low, span, flags), true
}

// parseV3 reads the shorter form that monkit/v3 sends.
func parseV3(text string) (p parent, ok bool) {
	parts := strings.SplitN(text, "-", 5)
	if len(parts) != 4 || parts[0] != "00" || len(parts[1]) != 16 || len(parts[2]) < 8 || len(parts[3]) > 2 {
		return p, false
	}
	trace, ok1 := parseHex(parts[1])
	span, ok2 := parseHex(parts[2])
	flags, ok3 := parseHex(parts[3])
	return w3cParent(0, trace, span, flags&flagSampled), ok1 && ok2 && ok3
}

func w3cParent(high, low, span, flags uint64) parent {
	return parent{
		known: true, high: high, trace: low, span: span,
		decision: decisionOf(flags&flagSampled != 0),
		origin:   tracing.Origin{Random: flags&flagRandom != 0},
	}
}

// parseHex reads 1 to 16 digits in lower case.
func parseHex(text string) (n uint64, ok bool) {
	if len(text) == 0 || len(text) > 16 {
		return 0, false
	}
	for _, c := range []byte(text) {
		switch {
		case '0' <= c && c <= '9':
			n = n<<4 | uint64(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | uint64(c-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

func formatTraceparent(high, trace, span uint64, sampled, random bool) string {
	flags := 0
	if sampled {
		flags |= flagSampled
	}
	if random {
		flags |= flagRandom
	}
	return fmt.Sprintf("00-%016x%016x-%016x-%02x", high, trace, span, flags)
}

// maxMembers is the largest number of members that W3C allows in a tracestate.
const maxMembers = 32

// parseTracestate returns text without its empty members, or "" if text is
// invalid. Two members with the same key are invalid.
func parseTracestate(text string) string {
	var members []string
	seen := make(map[string]bool)
	for member := range strings.SplitSeq(text, ",") {
		member = strings.Trim(member, " \t")
		if member == "" {
			continue
		}
		key, _, _ := strings.Cut(member, "=")
		if !validMember(member) || seen[key] || len(members) == maxMembers {
			return ""
		}
		seen[key] = true
		members = append(members, member)
	}
	return strings.Join(members, ",")
}

func validMember(member string) bool {
	key, value, ok := strings.Cut(member, "=")
	return ok && validKey(key) && value != "" && len(value) <= 256 &&
		strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r > '~' || r == '=' || r == ',' }) < 0
}

// validKey reports whether key is valid in either edition of the standard.
// They differ in whether a key, or the tenant before an @, may begin with a
// digit.
func validKey(key string) bool {
	if key == "" || len(key) > 256 || strings.Count(key, "@") > 1 || strings.HasSuffix(key, "@") {
		return false
	}
	tenant, system, ok := strings.Cut(key, "@")
	if ok && (len(tenant) > 241 || len(system) > 14 || !isLetter(system[0])) {
		return false
	}
	if !isLetter(key[0]) && !isDigit(key[0]) {
		return false
	}
	return strings.IndexFunc(key, func(r rune) bool {
		return r > '~' || !isLetter(byte(r)) && !isDigit(byte(r)) && !strings.ContainsRune("_-*/@", r)
	}) < 0
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
