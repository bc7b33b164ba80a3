package policy

import (
	"path"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.*?) *#*$`)
)

func TestLinksResolve(t *testing.T) {
	eachFile(t, func(file string) {
		if !strings.HasSuffix(file, ".md") {
			return
		}
		for _, target := range targets(read(t, file)) {
			checkLink(t, file, target)
		}
	})
}

// targets returns the links of a document outside its code blocks.
func targets(text string) []string {
	var found []string
	for _, m := range link.FindAllStringSubmatch(withoutCode(text), -1) {
		found = append(found, m[1])
	}
	return found
}

func checkLink(t *testing.T, from, target string) {
	t.Helper()
	if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
		return
	}
	file, anchor, _ := strings.Cut(target, "#")
	if file == "" {
		file = from
	} else {
		file = path.Join(path.Dir(from), file)
	}
	if !exists(file) {
		t.Errorf("%s links to %s, which does not exist", from, target)
		return
	}
	if anchor != "" && strings.HasSuffix(file, ".md") && !anchors(read(t, file))[anchor] {
		t.Errorf("%s links to %s, but the document has no such heading", from, target)
	}
}

// anchors returns the anchors that a viewer makes of the headings of a document.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(withoutCode(text), -1) {
		all[anchor(m[1])] = true
	}
	return all
}

func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// withoutCode returns text without its fenced code blocks.
func withoutCode(text string) string {
	var prose strings.Builder
	for i, part := range strings.Split("\n"+text, "\n```") {
		if i%2 == 0 {
			prose.WriteString(part + "\n")
		}
	}
	return prose.String()
}

func TestAnchorsAreThoseOfHeadings(t *testing.T) {
	doc := "# One `two`, three!\n\n```sh\n# not a heading\n```\n\n## Four-five\n"
	got := anchors(doc)
	for name, want := range map[string]bool{"one-two-three": true, "four-five": true, "not-a-heading": false} {
		if got[name] != want {
			t.Errorf("anchor %q found: %v, want %v", name, got[name], want)
		}
	}
}
