package shape

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// template is the replacement of a rename: texts and groups in turn.
type template []part

// part is a text, or the number of a group.
type part struct {
	text  string
	group int // -1 for a text
}

// parseTemplate reads a replacement for what re matches.
func parseTemplate(text string, re *regexp.Regexp) (t template, err error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("replacement of %d bytes; the limit is %d", len(text), maxPattern)
	}
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "$")
		if before != "" {
			t = append(t, part{before, -1})
		}
		if !found {
			break
		}
		if strings.HasPrefix(after, "$") {
			t, rest = append(t, part{"$", -1}), after[1:]
			continue
		}
		name, tail := cutName(after)
		group, err := groupOf(name, re)
		if err != nil {
			return nil, fmt.Errorf("replacement %q, column %d: %w", text, len(text)-len(after), err)
		}
		t, rest = append(t, part{group: group}), tail
	}
	return t, nil
}

// cutName cuts name or {name} from the front of text. It returns no name if
// there is none.
func cutName(text string) (name, rest string) {
	if inner, ok := strings.CutPrefix(text, "{"); ok {
		name, rest, ok = strings.Cut(inner, "}")
		if !ok {
			return "", text
		}
		return name, rest
	}
	n := 0
	for n < len(text) && isWord(text[n]) {
		n++
	}
	return text[:n], text[n:]
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// groupOf returns the number of the group called name.
func groupOf(name string, re *regexp.Regexp) (int, error) {
	if name == "" {
		return 0, fmt.Errorf("no group after $; write $1 or ${1}, or $$ for the character")
	}
	if n, err := strconv.Atoi(name); err == nil && 0 <= n && n <= re.NumSubexp() {
		return n, nil
	} else if err == nil {
		return 0, fmt.Errorf("there is no group %s; the pattern has %d: each wildcard is one", name, re.NumSubexp())
	}
	if n := re.SubexpIndex(name); n >= 0 {
		return n, nil
	}
	if text := strings.TrimLeft(name, "0123456789"); len(text) < len(name) {
		number := name[:len(name)-len(text)]
		return 0, fmt.Errorf("there is no group %q; write ${%s}%s for group %s and this text", name, number, text, number)
	}
	return 0, fmt.Errorf("there is no group %q", name)
}

// expand returns the replacement for text, whose groups match has as
// FindStringSubmatchIndex returns them.
func (t template) expand(text string, match []int) string {
	var b strings.Builder
	for _, p := range t {
		if p.group < 0 {
			b.WriteString(p.text)
		} else if from := match[2*p.group]; from >= 0 {
			b.WriteString(text[from:match[2*p.group+1]])
		}
	}
	return b.String()
}
