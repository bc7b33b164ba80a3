package shape

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxPattern bounds patterns and replacements in bytes, and with them the time
// and memory that they take.
const maxPattern = 4096

// special are the characters that Quote escapes: those that have a meaning in a
// pattern.
const special = `\*?[]{}/,=! `

// Quote returns a pattern that matches text and nothing else, where a pattern
// may have a measurement, a value of a tag, or a field. text must be UTF-8 and not
// empty.
func Quote(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// parser reads a pattern from left to right.
type parser struct {
	text string
	pos  int
}

func newParser(text string) (*parser, error) {
	p := &parser{text: text}
	switch {
	case text == "":
		return nil, errors.New("pattern is empty; write * for anything")
	case len(text) > maxPattern:
		return nil, fmt.Errorf("pattern of %d bytes; the limit is %d", len(text), maxPattern)
	case !utf8.ValidString(text):
		return nil, fmt.Errorf("pattern %q is not UTF-8; write ? for each other byte", text)
	}
	return p, nil
}

// errorf returns an error that says where in the pattern it is.
func (p *parser) errorf(at int, format string, args ...any) error {
	return fmt.Errorf("pattern %q, column %d: %s", p.text, at+1, fmt.Sprintf(format, args...))
}

func (p *parser) end() bool { return p.pos == len(p.text) }

// next returns the byte at pos, or 0 at the end, which may also be a byte of the
// pattern.
func (p *parser) next() byte {
	if p.end() {
		return 0
	}
	return p.text[p.pos]
}

// matcher reads a glob or regular expression up to a comma, a space or the end.
// Each wildcard is a group of the result, which matches whole texts.
func (p *parser) matcher() (*regexp.Regexp, error) {
	start := p.pos
	expr, err := p.expression()
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(`\A(?s:` + expr + `)\z`)
	if err != nil {
		return nil, p.errorf(start, "%v", err)
	}
	return re, nil
}

func (p *parser) expression() (string, error) {
	if p.next() == '/' {
		return p.regexp()
	}
	var b strings.Builder
	err := p.glob(&b, 0)
	return b.String(), err
}

// regexp reads /EXPRESSION/.
func (p *parser) regexp() (string, error) {
	start := p.pos
	p.pos++
	for ; p.next() != '/'; p.pos++ {
		if p.next() == '\\' {
			p.pos++
		}
		if p.pos >= len(p.text) {
			p.pos = len(p.text)
			return "", p.errorf(start, `a regular expression begins here and has no / at its end; write \/ for the character`)
		}
	}
	expr := p.text[start+1 : p.pos]
	p.pos++
	// Compiled alone, so that it cannot close the group that matcher puts it in.
	if _, err := regexp.Compile(expr); err != nil {
		return "", p.errorf(start, "%v", err)
	}
	return expr, nil
}

// glob translates a glob to a regular expression. Within braces, of which depth
// are open, it ends at their comma or end.
func (p *parser) glob(b *strings.Builder, depth int) error {
	for !p.end() {
		switch c := p.next(); c {
		case ',', ' ':
			if depth == 0 || c == ',' {
				return nil
			}
			return p.errorf(p.pos, `a space within braces; write \ before it`)
		case '}':
			if depth > 0 {
				return nil
			}
			return p.errorf(p.pos, `no { before this }; write \} for the character`)
		case ']':
			return p.errorf(p.pos, `no [ before this ]; write \] for the character`)
		case '*':
			b.WriteString(`(.*)`)
			p.pos++
		case '?':
			b.WriteString(`(.)`)
			p.pos++
		case '[':
			if err := p.class(b); err != nil {
				return err
			}
		case '{':
			if err := p.alternatives(b, depth+1); err != nil {
				return err
			}
		default:
			r, err := p.literal()
			if err != nil {
				return err
			}
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return nil
}

// literal reads one character, which may be escaped.
func (p *parser) literal() (rune, error) {
	if p.next() == '\\' {
		if p.pos+1 == len(p.text) {
			return 0, p.errorf(p.pos, `no character after this \; write \\ for the character itself`)
		}
		p.pos++
	}
	r, n := utf8.DecodeRuneInString(p.text[p.pos:])
	p.pos += n
	return r, nil
}

// class reads [a-f_] or [!a-f_].
func (p *parser) class(b *strings.Builder) error {
	start := p.pos
	p.pos++
	b.WriteString("([")
	if c := p.next(); c == '!' || c == '^' {
		b.WriteByte('^')
		p.pos++
	}
	for n := 0; ; n++ {
		switch {
		case p.end():
			return p.errorf(start, `no ] for this [; write \[ for the character`)
		case p.next() == ']' && n == 0:
			return p.errorf(start, `no character between [ and ]; write \[ and \] for the characters`)
		case p.next() == ']':
			p.pos++
			b.WriteString("])")
			return nil
		}
		if err := p.classRange(b); err != nil {
			return err
		}
	}
}

// classRange reads one character of a class, or a range of them.
func (p *parser) classRange(b *strings.Builder) error {
	start := p.pos
	low, err := p.literal()
	if err != nil {
		return err
	}
	high := low
	if p.next() == '-' && p.pos+1 < len(p.text) && p.text[p.pos+1] != ']' {
		p.pos++
		if high, err = p.literal(); err != nil {
			return err
		}
	}
	if high < low {
		return p.errorf(start, "the range %c-%c has no characters", low, high)
	}
	fmt.Fprintf(b, `\x{%x}-\x{%x}`, low, high)
	return nil
}

// alternatives reads {a,b}.
func (p *parser) alternatives(b *strings.Builder, depth int) error {
	start := p.pos
	b.WriteByte('(')
	for {
		p.pos++ // the brace, or the comma
		if err := p.glob(b, depth); err != nil {
			return err
		}
		switch p.next() {
		case ',':
			b.WriteByte('|')
		case '}':
			p.pos++
			b.WriteByte(')')
			return nil
		default:
			return p.errorf(start, `no } for this {; write \{ for the character`)
		}
	}
}
