package relay

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"monkit.example/internal/faultsink"
	"monkit.example/reporters/ledger"
)

// hostile are lines that would do something to a page that trusted them.
var hostile = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`</code></td></table><iframe src="//evil.example">`,
	`<a href="javascript:alert(1)">x</a>`,
	`{{.Body}} {{define "title"}}x{{end}}`,
	`<!-- -->]]></title><style>*{display:none}</style>`,
	"a.b \u202egnp.exe \u2066x\u2069 1",
	"\x1b[2J\x1b]0;owned\x07",
	"\xff\xfe\x00 not text",
	strings.Repeat("<b>", 1000),
}

func TestHostileLinesDoNothingToPages(t *testing.T) {
	r := start(t, Config{
		Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + faultsink.NewTCP(t).Addr()}, HTTP: anywhere,
	})
	defer r.stop(t)
	conn := dial(t, r.Addrs()[0])
	for _, line := range hostile {
		write(t, conn, line+"\n")
	}
	waitFor(t, "refusal", func() bool { return len(r.RejectedLines()) == len(hostile) })
	for _, path := range []string{"/", "/bad"} {
		wantHarmless(t, path, r.get(t, path).body)
	}
	if text := textOf(t, r.get(t, "/bad").body); !strings.Contains(text, hostile[0]) || !strings.Contains(text, `a.b \u202egnp.exe`) {
		t.Errorf("what was refused is not shown:\n%s", text)
	}
	var bad []struct {
		At                      time.Time
		Listener, Reason, Error string
		Text                    string
	}
	if err := json.Unmarshal([]byte(r.get(t, "/bad?format=json").body), &bad); err != nil {
		t.Fatal(err)
	}
	oldest := bad[len(bad)-1]
	if len(bad) != len(hostile) || oldest.Text != hostile[0] || oldest.Reason != "malformed" || oldest.Error == "" || oldest.At.IsZero() ||
		oldest.Listener != r.receivers[0].listener.Name() {
		t.Errorf("%d lines, the oldest is %+v", len(bad), oldest)
	}
}

// allowed are the elements that the pages are made of, and their attributes.
var allowed = map[string]string{
	"html": "lang", "head": "", "meta": "charset name content http-equiv", "title": "", "noscript": "", "link": "rel href",
	"script": "src defer", "body": "", "header": "", "h1": "", "nav": "aria-label", "a": "href aria-current", "main": "id",
	"p": "class role", "div": "class", "table": "class", "thead": "", "tbody": "", "tr": "", "th": "scope", "td": "class",
	"time": "datetime", "code": "", "dl": "", "dt": "", "dd": "", "h2": "",
}

// wantHarmless fails if a page has anything that its template does not, or
// characters that hide or turn around others.
func wantHarmless(t *testing.T, path, page string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(page))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			if token.Type == html.CommentToken {
				t.Errorf("%s has a comment: %s", path, token)
			}
			continue
		}
		attributes, ok := allowed[token.Data]
		if !ok {
			t.Errorf("%s has %s", path, token)
		}
		for _, a := range token.Attr {
			if !slices.Contains(strings.Fields(attributes), a.Key) || strings.Contains(a.Val, "evil") || strings.HasPrefix(a.Val, "javascript:") {
				t.Errorf("%s has %s", path, token)
			}
		}
		if token.Data == "script" && !strings.Contains(token.String(), `src="live.js"`) {
			t.Errorf("%s has %s", path, token)
		}
	}
	if i := strings.IndexFunc(page, func(c rune) bool { return c != '\n' && !unicode.IsPrint(c) || c == unicode.ReplacementChar }); i >= 0 {
		t.Errorf("%s has what is not seen: %q", path, page[i:min(i+20, len(page))])
	}
}

func textOf(t *testing.T, page string) string {
	t.Helper()
	var text strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		if kind == html.TextToken {
			text.WriteString(z.Token().Data)
		}
	}
	return text.String()
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"":             "",
		"plain text":   "plain text",
		`"quoted"`:     `"quoted"`,
		`back\slash`:   `back\\slash`,
		`\"`:           `\\"`,
		"tab\there":    `tab\there`,
		"Grüße 世界":     "Grüße 世界",
		"\x1b[31mred":  `\x1b[31mred`,
		"\xff":         `\xff`,
		"\u202egnp":    `\u202egnp`,
		"zero\u200b":   `zero\u200b`,
		"line\nbroken": `line\nbroken`,
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	for _, line := range hostile {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := visible(s)
		if i := strings.IndexFunc(got, func(c rune) bool { return !unicode.IsPrint(c) }); i >= 0 {
			t.Errorf("visible(%q) = %q", s, got)
		}
		back, err := strconv.Unquote(`"` + strings.ReplaceAll(got, `"`, `\"`) + `"`)
		if err != nil || back != s {
			t.Errorf("visible(%q) = %q, which is %q, %v", s, got, back, err)
		}
	})
}

func TestLedgerJSON(t *testing.T) {
	l := Ledger{
		Listeners: []ListenerLedger{
			{Name: "udp", Listener: ledger.Listener{Received: 3, Accepted: 1, Rejected: ledger.Counts{ledger.Malformed: 2, ledger.RingFull: 0}}, KernelDrops: 7, KnowsDrops: true},
			{Name: "tcp", Listener: ledger.Listener{Received: 1, Accepted: 1}},
		},
		Destinations: []DestinationLedger{
			{Name: "h", Ledger: ledger.Ledger{Accepted: 9, Delivered: 2, Pending: 1, Dropped: ledger.Counts{ledger.Expired: 5}}},
		},
	}
	got, err := json.Marshal(l.json())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"received":4,"accepted":2,"rejected":{"malformed":2},"listeners":[` +
		`{"name":"udp","received":3,"accepted":1,"rejected":{"malformed":2},"kernel_dropped_datagrams":7},` +
		`{"name":"tcp","received":1,"accepted":1,"rejected":{},"kernel_dropped_datagrams":null}],"destinations":[` +
		`{"name":"h","accepted":9,"delivered":2,"dropped":{"expired":5},"pending":1,"unaccounted":1}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, err := json.Marshal(Ledger{}.json()); err != nil || string(got) != `{"received":0,"accepted":0,"rejected":{},"listeners":[],"destinations":[]}` {
		t.Errorf("nothing is %s, %v", got, err)
	}
}

// What does not add up is shown, so that it is reported.
func TestIndexShowsWhatIsUnaccountedFor(t *testing.T) {
	for missing, want := range map[int64]bool{0: false, 3: true} {
		var page strings.Builder
		view := adminView{Page: "/", Body: indexView{Unaccounted: missing}}
		if err := indexPage.Execute(&page, view); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(page.String(), fmt.Sprintf("<dt>unaccounted</dt><dd>%d</dd>", missing)); got != want {
			t.Errorf("%d: %s", missing, page.String())
		}
	}
}
