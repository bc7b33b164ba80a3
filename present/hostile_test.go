package present_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"monkit.example/internal/hostile"
	"monkit.example/monkit"
)

func TestHostileTextMakesNoMarkup(t *testing.T) {
	harmless := tagsOf(`<p role=note><input type="hidden" name="sort" value="">`)
	tame := world(t)
	for _, path := range []string{"/funcs/html", "/ps/html", "/stats/html"} {
		maps.Copy(harmless, tagsOf(render(t, tame, path)))
	}
	r := hostileWorld(t)
	for _, path := range []string{"/funcs/html", "/ps/html", "/stats/html"} {
		for _, query := range hostile.Texts[:5] {
			body := render(t, r, path+"?q="+url.QueryEscape(query)+"&sort="+url.QueryEscape(query)) + render(t, r, path)
			for tag := range tagsOf(body) {
				if !harmless[tag] {
					t.Errorf("%s has the tag %s", path, tag)
				}
			}
		}
	}
}

// tagsOf returns every element of body, and every element with one attribute.
func tagsOf(body string) map[string]bool {
	tags := map[string]bool{}
	z := html.NewTokenizer(strings.NewReader(body))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		switch token.Type {
		case html.StartTagToken, html.SelfClosingTagToken:
			tags["<"+token.Data+">"] = true
			for _, a := range token.Attr {
				tags["<"+token.Data+" "+a.Key+">"] = true
			}
		case html.CommentToken:
			tags["comment"] = true
		}
	}
	return tags
}

func TestHostileTextMakesNoLines(t *testing.T) {
	r := hostileWorld(t)
	for _, tt := range []struct{ path, line string }{
		{"/funcs", `^\[\d+\] |^  (parents|current|error|success times|failure times)\b|^    [a-z0-9.]+: |^$`},
		{"/ps", `^ *\[[0-9a-f]{16},[0-9a-f]{16,32}\] |^  .*: |^$`},
		{"/stats", `^.+=([0-9.]+|\+Inf|NaN)$|^$`},
	} {
		allowed := regexp.MustCompile(tt.line)
		for line := range strings.SplitSeq(render(t, r, tt.path), "\n") {
			if !allowed.MatchString(line) || strings.HasPrefix(line, "function,name=forged") {
				t.Errorf("%s has the line %.200q", tt.path, line)
			}
			if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(line) {
				t.Errorf("%s has unprintable characters in %.200q", tt.path, line)
			}
		}
	}
}

func TestHostileTextStaysInsideItsLabel(t *testing.T) {
	r := hostileWorld(t)
	allowed := regexp.MustCompile(`^(digraph G \{| node \[shape=box\];| [fr]\d+ \[label="(\\l|[^"\\])*"\];| [fr]\d+ -> f\d+;|\}|)$`)
	for _, path := range []string{"/funcs/dot", "/ps/dot"} {
		for line := range strings.SplitSeq(render(t, r, path), "\n") {
			if !allowed.MatchString(line) {
				t.Errorf("%s has the line %.200q", path, line)
			}
		}
	}
}

func TestHostileTextIsValidJSON(t *testing.T) {
	r := hostileWorld(t)
	for path, least := range map[string]int{"/ps/json": len(hostile.Texts) - 1, "/funcs/json": len(hostile.Texts) - 1, "/stats/json": 100} {
		if got := parse[[]json.RawMessage](t, render(t, r, path)); len(got) < least {
			t.Errorf("%s has %d elements, want at least %d", path, len(got), least)
		}
	}
}

func TestTextSurvivesJSON(t *testing.T) {
	for _, text := range hostile.Texts {
		r := monkit.NewRegistry()
		r.ScopeNamed("s").Counter("c", monkit.NewSeriesTag("k", text)).Inc(1)
		got := parse[[][4]any](t, render(t, r, "/stats/json"))[0][1].(map[string]any)["k"]
		if want := string([]rune(text)); got != want { // bytes that are not UTF-8 become U+FFFD
			t.Errorf("%.50q became %.50q", text, got)
		}
	}
}
