package statsd

import (
	"bytes"

	"monkit.example/reporters"
)

var _ reporters.LineSplitter = (*encoder)(nil)

// AppendSplit implements reporters.LineSplitter for lines that pack values, as
// DogStatsD does (name:1:2:3|ms|#tags) and the reference daemon (name:1|c:2|c). It
// splits no member of a set, of which colons are part, no events, and no line whose
// tags, time or container stand behind several readings, since it is not said to which
// they belong.
func (*encoder) AppendSplit(dst, line []byte, limit int) (out []byte, ok bool) {
	line = bytes.TrimSuffix(line, []byte{'\n'})
	name := bytes.IndexByte(line, ':') + 1
	if name <= 1 || bytes.HasPrefix(line, []byte("_e{")) || bytes.HasPrefix(line, []byte("_sc|")) {
		return dst, false
	}
	s := splitter{out: dst, name: line[:name], limit: limit}
	s.begin()
	for rest, more := line[name:], true; more; {
		var values, tail []byte
		if values, tail, rest, more = cutReading(rest); tail == nil || (more || s.readings > 0) && !isTypeAndRate(tail) {
			return dst, false
		}
		for set, several := isSet(tail), true; several; {
			value := values
			if several = !set; several {
				value, values, several = bytes.Cut(values, []byte{':'})
			}
			if !s.add(value, tail) {
				return dst, false
			}
		}
		s.endReading()
	}
	return append(s.out, '\n'), true
}

// cutReading cuts a reading off p: one or more values, and from the first bar on what
// they have in common. A colon in the type or the rate, or behind an empty section,
// starts another reading. The tail is nil if there is no bar.
func cutReading(p []byte) (values, tail, rest []byte, more bool) {
	bar := bytes.IndexByte(p, '|')
	if bar < 0 {
		return p, nil, nil, false
	}
	values, tail = p[:bar], p[bar:]
	for i := 0; i < len(tail); {
		section := tail[i+1:]
		if end := bytes.IndexByte(section, '|'); end >= 0 {
			section = section[:end]
		}
		if i == 0 || len(section) > 0 && (section[0] == '@' || section[0] == ':') {
			if colon := bytes.IndexByte(section, ':'); colon >= 0 {
				end := i + 1 + colon
				return values, tail[:end], tail[end+1:], true
			}
		}
		i += 1 + len(section)
	}
	return values, tail, nil, false
}

// isTypeAndRate reports whether tail is a type, and a rate at most.
func isTypeAndRate(tail []byte) bool {
	_, section, ok := bytes.Cut(tail[1:], []byte{'|'})
	return !ok || len(section) > 0 && section[0] == '@' && bytes.IndexByte(section, '|') < 0
}

// isSet reports whether tail starts with the type of sets.
func isSet(tail []byte) bool {
	kind, _, _ := cutType(tail[1:])
	return string(kind) == "s"
}

// splitter appends values as lines of at most limit bytes. The last line in out has
// neither the tail of its last reading nor a line feed.
type splitter struct {
	out   []byte
	name  []byte // with its colon
	limit int

	start    int    // of the last line
	values   int    // of the last line
	tail     []byte // of the last reading, if that is open; it follows its last value
	readings int    // that have ended
}

func (s *splitter) begin() {
	s.start, s.values = len(s.out), 0
	s.out = append(s.out, s.name...)
}

// add adds a value with its tail. It reports false if a line of these alone is too
// long.
func (s *splitter) add(value, tail []byte) bool {
	if s.size(len(value)+len(tail)) > s.limit && s.values > 0 {
		s.endReading()
		s.out = append(s.out, '\n')
		s.begin()
	}
	if s.size(len(value)+len(tail)) > s.limit {
		return false
	}
	if s.values > 0 {
		s.out = append(s.out, ':')
	}
	s.out = append(s.out, value...)
	s.values++
	s.tail = tail
	return true
}

// size returns the length of the last line with so many bytes more, and its line feed.
func (s *splitter) size(more int) int {
	n := len(s.out) - s.start + more + len("\n")
	if s.values > 0 {
		n += len(":")
	}
	return n
}

// endReading appends the tail of the last reading, if it is open.
func (s *splitter) endReading() {
	s.out = append(s.out, s.tail...)
	s.tail = nil
	s.readings++
}
