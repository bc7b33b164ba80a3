package shape

import (
	"regexp"
	"strings"
)

// pattern matches points. A nil expression matches anything.
type pattern struct {
	measurement *regexp.Regexp
	tags        []tagPattern
	field       *regexp.Regexp
}

type tagPattern struct {
	key   string
	not   bool
	value *regexp.Regexp // nil matches the empty value, which is that of a series without the tag
}

// parsePattern reads a pattern of a measurement, tags and a field.
func parsePattern(text string) (m pattern, err error) {
	p, err := newParser(text)
	if err != nil {
		return m, err
	}
	if c := p.next(); c == ',' || c == ' ' {
		return m, p.errorf(0, "no measurement; write * for any")
	}
	if m.measurement, err = p.matcher(); err != nil {
		return m, err
	}
	for p.next() == ',' {
		p.pos++
		tag, err := p.tag()
		if err != nil {
			return m, err
		}
		m.tags = append(m.tags, tag)
	}
	if p.next() == ' ' {
		p.pos++
		if m.field, err = p.field(); err != nil {
			return m, err
		}
	}
	return m, p.finish()
}

// parseName reads a glob or regular expression that is a whole pattern: a field,
// or the key of a tag.
func parseName(text string) (*regexp.Regexp, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	re, err := p.matcher()
	if err != nil {
		return nil, err
	}
	return re, p.finish()
}

// finish returns an error if the pattern goes on.
func (p *parser) finish() error {
	if p.end() {
		return nil
	}
	return p.errorf(p.pos, `%q is not expected here; write \ before it if it is part of a name, and each pattern as an argument of its own`, p.text[p.pos])
}

func (p *parser) field() (*regexp.Regexp, error) {
	if p.end() {
		return nil, p.errorf(p.pos, "no field after the space; write * for any, // for an empty one, or no space")
	}
	return p.matcher()
}

// tag reads key=text or key!=text.
func (p *parser) tag() (t tagPattern, err error) {
	start := p.pos
	var key strings.Builder
	for p.next() != '=' && p.next() != '!' {
		if p.end() || p.next() == ',' || p.next() == ' ' {
			return t, p.errorf(start, "a tag is key=value or key!=value")
		}
		if strings.IndexByte(`*?[]{}/`, p.next()) >= 0 {
			return t, p.errorf(p.pos, `the key of a tag is no pattern; write \ before %q if it is part of the key`, p.next())
		}
		r, err := p.literal()
		if err != nil {
			return t, err
		}
		key.WriteRune(r)
	}
	if t.key = key.String(); t.key == "" {
		return t, p.errorf(start, "a tag has no key")
	}
	if t.not = p.next() == '!'; t.not {
		p.pos++
		if p.next() != '=' {
			return t, p.errorf(p.pos-1, `no = after this !; write \! for the character`)
		}
	}
	p.pos++
	if p.end() || p.next() == ',' || p.next() == ' ' {
		return t, nil
	}
	t.value, err = p.matcher()
	return t, err
}

// match reports whether v is one of the points of m.
func (m *pattern) match(v *view) bool {
	return m.matchSeries(v) && (m.field == nil || m.field.MatchString(v.field))
}

func (m *pattern) matchSeries(v *view) bool {
	if !m.measurement.MatchString(v.measurement) {
		return false
	}
	for i := range m.tags {
		if t := &m.tags[i]; t.match(v.tag(t.key)) == t.not {
			return false
		}
	}
	return true
}

func (t *tagPattern) match(value string) bool {
	if t.value == nil {
		return value == ""
	}
	return t.value.MatchString(value)
}

func matchAny(patterns []pattern, v *view) bool {
	for i := range patterns {
		if patterns[i].match(v) {
			return true
		}
	}
	return false
}

func matchAnyName(names []*regexp.Regexp, text string) bool {
	for _, re := range names {
		if re.MatchString(text) {
			return true
		}
	}
	return false
}
