package shape

import (
	"strings"
	"testing"
	"unicode/utf8"

	"monkit.example/monkit"
)

// viewOf returns "measurement,key=value field" as steps see it.
func viewOf(text string) *view {
	series, field, _ := strings.Cut(text, " ")
	measurement, tags, _ := strings.Cut(series, ",")
	v := &view{measurement: measurement, field: field}
	for _, tag := range strings.FieldsFunc(tags, func(r rune) bool { return r == ',' }) {
		key, value, _ := strings.Cut(tag, "=")
		v.tags = append(v.tags, monkit.NewSeriesTag(key, value))
	}
	return v
}

func TestPatternMatchesWholeTexts(t *testing.T) {
	for _, tt := range []struct {
		pattern  string
		yes, not string // points, each after a semicolon
	}{
		{"function", "function total;function,scope=app r99;function", "functions total;a_function total;Function total"},
		{"function*", "function total;function_times total;function/x.y total", "a_function total"},
		{"*", "anything,a=b c; field;", ""},
		{"* r99?", "a r999;b,c=d r99x", "a r99;a xr999"},
		{"*.total", "a.b.total;.total x", "total"},
		{"m total", "m total", "m totals;m xtotal;m"},
		{"m,scope=app", "m,scope=app f;m,host=x,scope=app f", "m,scope=app/x f;m f"},
		{"m,scope=app/*", "m,scope=app/x f", "m,scope=app f"},
		{"m,scope!=app", "m,scope=x f;m f", "m,scope=app f"},
		{"m,device=", "m f", "m,device=sda f"},
		{"m,device!=", "m,device=sda f", "m f"},
		{"m,a=1,b=2 f", "m,a=1,b=2 f", "m,a=1 f;m,b=2 f;m,a=1,b=2 g"},
		{"disk_[0-9a]", "disk_3;disk_a", "disk_;disk_b;disk_33"},
		{"disk_[!0-9]", "disk_b", "disk_3;disk_"},
		{"disk_[^0-9]", "disk_b", "disk_3"},
		{`x[\]a-]`, "x];xa;x-", `xb;x\`},
		{`x[*?]`, "x*;x?", "xa"},
		{"{http,grpc}_*", "http_x;grpc_", "smtp_x"},
		{"{a,b{1,2*}}c", "ac;b1c;b2xc", "bc;b3c"},
		{"a{,x}", "a;ax", "axx"},
		{`a\*b`, "a*b", "axb"},
		{`\/a/`, "/a/", "a"},
		{"/[a-z]+\\d/ /r|s/", "ab1 r;z9 s", "ab r;ab1 rs;1ab1 r"},
		{"/.,? ?./", "ab", "abc"},
		{`/a\/b/`, "a/b", "a"},
		{"/a|b/", "a;b", "ab;ax;xb"},
		{"/(?i)ab/", "AB;ab", "a"},
		{"* //", "m", "m f"},
		{"a.c", "a.c", "abc"},
		{"é?", "éü", "é"},
		{"m,k=/[0-9]+/ f", "m,k=12 f", "m,k=x f;m f"},
	} {
		m, err := parsePattern(tt.pattern)
		if err != nil {
			t.Errorf("%q: %v", tt.pattern, err)
			continue
		}
		for _, point := range strings.Split(tt.yes, ";") {
			if !m.match(viewOf(point)) {
				t.Errorf("%q does not match %q", tt.pattern, point)
			}
		}
		if tt.not == "" {
			continue
		}
		for _, point := range strings.Split(tt.not, ";") {
			if m.match(viewOf(point)) {
				t.Errorf("%q matches %q", tt.pattern, point)
			}
		}
	}
}

func TestWrongPatternIsExplained(t *testing.T) {
	for _, tt := range []struct{ pattern, want string }{
		{"", "empty; write *"},
		{"a\xff", "not UTF-8"},
		{strings.Repeat("a", maxPattern+1), "4097 bytes; the limit is 4096"},
		{",a=b", "column 1: no measurement; write *"},
		{" f", "column 1: no measurement; write *"},
		{"m ", "column 3: no field after the space"},
		{"m f,g", "column 4: ',' is not expected here"},
		{"m f g", "column 4: ' ' is not expected here"},
		{"m,", "column 3: a tag is key=value"},
		{"m,a", "column 3: a tag is key=value"},
		{"m,a f", "column 3: a tag is key=value"},
		{"m,=b", "column 3: a tag has no key"},
		{"m,a!b=c", "column 4: no = after this !"},
		{"m,a*=b", "column 4: the key of a tag is no pattern"},
		{"m[", `column 2: no ] for this [; write \[`},
		{"m[]", "column 2: no character between"},
		{"m[z-a]", "column 3: the range z-a has no characters"},
		{"m[a\\", `column 4: no character after this \`},
		{"m]", `column 2: no [ before this ]`},
		{"m{a,b", "column 2: no } for this {"},
		{"m{a b}", "column 4: a space within braces"},
		{"m}", "column 2: no { before this }"},
		{`m\`, `column 2: no character after this \`},
		{"/a", "column 1: a regular expression begins here"},
		{`/a\/`, "column 1: a regular expression begins here"},
		{"/a(/", "column 1: error parsing regexp: missing closing )"},
		{"/a)|(b/", "column 1: error parsing regexp: unexpected )"},
		{"/a/b", "column 4: 'b' is not expected here"},
		{"m,k=/[/", "column 5: error parsing regexp: missing closing ]"},
		{strings.Repeat("{", 2000) + strings.Repeat("}", 2000), "column 1: error parsing regexp: expression nests too deeply"},
	} {
		if _, err := parsePattern(tt.pattern); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40q: error %v, want %q", tt.pattern, err, tt.want)
		}
	}
}

func TestQuoteMatchesOnlyItsText(t *testing.T) {
	for _, text := range []string{`a*b`, `/x/`, `a,b c=d`, `[a]{b}\?!`, "disk", "\x000"} {
		m, err := parsePattern(Quote(text) + " *")
		if err != nil {
			t.Fatal(err)
		}
		if !m.match(&view{measurement: text}) || m.match(&view{measurement: text + "x"}) {
			t.Errorf("%s is quoted %s, which does not match just that", text, Quote(text))
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, seed := range []string{"m", "m,a=b*,c!= f", "/a(b)/,k=[a-z] {x,y{1,2}}", `\*[\]-a]`, "m[", "/a)|(b/"} {
		f.Add(seed, "a text")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if m, err := parsePattern(pattern); err == nil {
			m.match(&view{measurement: text, tags: []monkit.SeriesTag{{Key: "k", Val: text}}, field: text})
		} else if !strings.Contains(err.Error(), "pattern") {
			t.Errorf("%q: the error does not say that it is a pattern: %v", pattern, err)
		}
		if text == "" || !utf8.ValidString(text) || len(text) > maxPattern/8 {
			return
		}
		quoted := Quote(text)
		m, err := parsePattern(quoted + ",k=" + quoted + " " + quoted)
		if err != nil {
			t.Fatalf("Quote(%q) is wrong: %v", text, err)
		}
		v := view{measurement: text, tags: []monkit.SeriesTag{{Key: "k", Val: text}}, field: text}
		if !m.match(&v) {
			t.Errorf("Quote(%q) does not match it", text)
		}
		if v.field += "x"; m.match(&v) {
			t.Errorf("Quote(%q) matches %q", text, v.field)
		}
	})
}

func TestTemplate(t *testing.T) {
	for _, tt := range []struct{ from, to, text, want string }{
		{"http_*_*", "$2.$1", "http_a_b", "b.a"},
		{"a?[bc]{d,e}", "$1$2$3", "axce", "xce"},
		{"old_*", "new_${1}s", "old_x", "new_xs"},
		{"/(?P<k>[a-z]+)(\\d)?/", "$k-$2", "ab", "ab-"},
		{"/(?P<k>[a-z]+)(\\d)?/", "${k}$2$0", "ab1", "ab1ab1"},
		{"*", "$$1", "x", "$1"},
		{"*", "fixed", "x", "fixed"},
		{"*", "", "x", ""},
	} {
		re, err := parseName(tt.from)
		if err != nil {
			t.Fatal(err)
		}
		tmpl, err := parseTemplate(tt.to, re)
		if err != nil {
			t.Errorf("%q: %v", tt.to, err)
			continue
		}
		if got := tmpl.expand(tt.text, re.FindStringSubmatchIndex(tt.text)); got != tt.want {
			t.Errorf("%q with %q → %q is %q, want %q", tt.text, tt.from, tt.to, got, tt.want)
		}
	}
}

func TestWrongTemplateIsExplained(t *testing.T) {
	re, err := parseName("a*b*")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ to, want string }{
		{"x$", "column 2: no group after $; write $1"},
		{"x$-", "column 2: no group after $"},
		{"${1", "column 1: no group after $"},
		{"${}", "column 1: no group after $"},
		{"$3", "column 1: there is no group 3; the pattern has 2"},
		{"$99999999999999999999", `there is no group`},
		{"$1_total", "write ${1}_total for group 1"},
		{"$name", `there is no group "name"`},
		{"${-1}", "there is no group"},
		{strings.Repeat("x", maxPattern+1), "the limit is 4096"},
	} {
		if _, err := parseTemplate(tt.to, re); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40q: error %v, want %q", tt.to, err, tt.want)
		}
	}
}

func FuzzRename(f *testing.F) {
	f.Add("http_*", "web.$1", "http_x")
	f.Add("/(?P<k>a)|b/", "${k}$1$$", "b")
	f.Fuzz(func(t *testing.T, from, to, text string) {
		s := Rename(from, to)
		if s.err != nil {
			return
		}
		v := view{measurement: text}
		if !s.apply(&v) {
			t.Error("a rename denies")
		}
		if v.measurement != text && !v.misnamed && (v.measurement == "" || len(v.measurement) > maxName) {
			t.Errorf("renamed to %d bytes, which is not misnamed", len(v.measurement))
		}
	})
}
