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

	"monkit.example/internal/aggregate"
	"monkit.example/internal/faultsink"
	"monkit.example/reporters/ledger"
)

// hostileLines are lines that would change a page which did not escape them.
var hostileLines = []string{
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

func TestHostileLinesAreEscapedOnPages(t *testing.T) {
	r := start(t, Config{
		Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + faultsink.NewTCP(t).Addr()}, HTTP: anyPort,
	})
	defer r.stop(t)
	conn := dial(t, r.Addrs()[0])
	for _, line := range hostileLines {
		write(t, conn, line+"\n")
	}
	waitFor(t, "rejection", func() bool { return r.Ledger().Received().Rejected.Sum() == int64(len(hostileLines)) })
	var bad []struct {
		At, First, Last         time.Time
		Listener, Reason, Error string
		Sender, Text            string
		Count, Lines            int
	}
	if err := json.Unmarshal([]byte(r.get(t, "/bad?format=json").body), &bad); err != nil {
		t.Fatal(err)
	}
	if len(bad) != 1 || bad[0].Text != hostileLines[0] || bad[0].Reason != "malformed" || bad[0].Error == "" || bad[0].At.IsZero() || bad[0].First.IsZero() ||
		bad[0].Last.Before(bad[0].First) || bad[0].Listener != r.receivers[0].listener.Name() || bad[0].Sender != "127.0.0.1" || bad[0].Count != len(hostileLines) || bad[0].Lines != 1 {
		t.Errorf("the groups are %+v", bad)
	}
	for i, line := range hostileLines { // each is the example of a group
		r.rejected.of("l").add(rejection{reason: ledger.Reason(fmt.Sprint("r", i)), sender: line, lines: 1, at: time.Now(), text: line, err: line})
	}
	for _, path := range []string{"/", "/bad"} {
		wantHarmless(t, path, r.get(t, path).body)
	}
	if text := textOf(t, r.get(t, "/bad").body); !strings.Contains(text, hostileLines[0]) || !strings.Contains(text, `a.b \u202egnp.exe`) {
		t.Errorf("the page does not show the rejected lines:\n%s", text)
	}
}

// allowed has the elements of the templates, with their attributes.
var allowed = map[string]string{
	"html": "lang", "head": "", "meta": "charset name content http-equiv", "title": "", "noscript": "", "link": "rel href",
	"script": "src defer", "body": "", "header": "", "h1": "", "nav": "aria-label", "a": "href aria-current", "main": "id",
	"p": "class role", "div": "class", "table": "class", "thead": "", "tbody": "", "tr": "", "th": "scope", "td": "class",
	"time": "datetime", "code": "", "dl": "", "dt": "", "dd": "", "h2": "",
}

// wantHarmless fails if a page has elements or attributes that its template does
// not have, or characters that hide or reorder others.
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
		t.Errorf("%s has an unprintable character: %q", path, page[i:min(i+20, len(page))])
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

func TestVisibleEscapesUnprintableCharacters(t *testing.T) {
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
	for _, line := range hostileLines {
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
	want := `{"received":4,"accepted":2,"rejected":{"malformed":2},"pending":0,"listeners":[` +
		`{"name":"udp","received":3,"accepted":1,"rejected":{"malformed":2},"pending":0,"kernel_dropped_datagrams":7},` +
		`{"name":"tcp","received":1,"accepted":1,"rejected":{},"pending":0,"kernel_dropped_datagrams":null}],"destinations":[` +
		`{"name":"h","accepted":9,"delivered":2,"dropped":{"expired":5},"pending":1,"unaccounted":1}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, err := json.Marshal(Ledger{}.json()); err != nil || string(got) != `{"received":0,"accepted":0,"rejected":{},"pending":0,"listeners":[],"destinations":[]}` {
		t.Errorf("nothing is %s, %v", got, err)
	}
}

// indexOf renders the index page of a ledger.
func indexOf(t *testing.T, l Ledger) string {
	t.Helper()
	var page strings.Builder
	if err := indexPage.Execute(&page, adminView{Page: "/", Body: newIndexView(l, nil)}); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func TestIndexShowsSums(t *testing.T) {
	listener := ledger.Listener{Received: 30, Accepted: 20, Rejected: ledger.Counts{ledger.Malformed: 6, ledger.NotFinite: 4}}
	page := indexOf(t, Ledger{
		Listeners: []ListenerLedger{{Name: "in1", Listener: listener}, {Name: "in2", Listener: listener}},
		Destinations: []DestinationLedger{
			{Name: "out1", Ledger: ledger.Ledger{Accepted: 40, Delivered: 31, Pending: 2, Dropped: ledger.Counts{ledger.Expired: 3, ledger.QueueFull: 4}}},
			{Name: "out2", Ledger: ledger.Ledger{Accepted: 40, Delivered: 24, Pending: 11, Dropped: ledger.Counts{ledger.Rejected: 5}}},
		},
	})
	for _, want := range []string{
		"<div><dt>lines received</dt><dd>60</dd></div>",
		"<div><dt>accepted</dt><dd>40</dd></div>",
		`<div class="bad"><dt>rejected</dt><dd>20</dd></div>`,
		"<div><dt>delivered</dt><dd>55</dd></div>",
		`<div class="bad"><dt>dropped</dt><dd>12</dd></div>`,
		"<div><dt>pending</dt><dd>13</dd></div>",
		`<td class="bad">malformed=6,not_finite=4</td>`,
		`<td class="bad">expired=3,queue_full=4</td>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	if strings.Contains(page, "unaccounted") {
		t.Errorf("the page shows unaccounted lines of a ledger that balances:\n%s", page)
	}
	if page := indexOf(t, Ledger{}); strings.Contains(page, `class="bad"`) {
		t.Errorf("the page of an empty ledger marks a number:\n%s", page)
	}
}

func TestIndexShowsUnaccountedLines(t *testing.T) {
	for _, tt := range []struct {
		name string
		l    Ledger
		want int
	}{
		{"of a listener", Ledger{Listeners: []ListenerLedger{{Listener: ledger.Listener{Received: 9, Accepted: 5, Rejected: ledger.Counts{ledger.Malformed: 1}}}}}, 3},
		{"of a destination", Ledger{Destinations: []DestinationLedger{{Ledger: ledger.Ledger{Accepted: 9, Delivered: 4, Pending: 2, Dropped: ledger.Counts{ledger.Expired: 1}}}}}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := fmt.Sprintf(`<div class="bad"><dt>unaccounted</dt><dd>%d</dd></div>`, tt.want)
			if page := indexOf(t, tt.l); !strings.Contains(page, want) {
				t.Errorf("the page lacks %s:\n%s", want, page)
			}
		})
	}
}

func TestIndexShowsKernelDrops(t *testing.T) {
	for _, tt := range []struct {
		l    ListenerLedger
		want string
	}{
		{ListenerLedger{}, `<td class="none">not reported</td>`},
		{ListenerLedger{KnowsDrops: true}, "<td>0</td></tr>"},
		{ListenerLedger{KnowsDrops: true, KernelDrops: 7}, `<td class="bad">7</td></tr>`},
	} {
		if page := indexOf(t, Ledger{Listeners: []ListenerLedger{tt.l}}); !strings.Contains(page, tt.want) {
			t.Errorf("the page lacks %s:\n%s", tt.want, page)
		}
	}
}

func TestIndexShowsConnectionsThatWereClosed(t *testing.T) {
	l := ListenerLedger{RejectedConns: ledger.Counts{"newcomer": 7, "idle": 0}}
	if page := indexOf(t, Ledger{Listeners: []ListenerLedger{l}}); !strings.Contains(page, "connections that were closed, by reason: newcomer=7<") {
		t.Errorf("the page is\n%s", page)
	}
	if page := indexOf(t, Ledger{Listeners: []ListenerLedger{{}}}); strings.Contains(page, "were closed") {
		t.Errorf("the page without any is\n%s", page)
	}
}

func TestUsageOfTheAggregateIsText(t *testing.T) {
	for want, u := range map[string]aggregate.Usage{
		"It has 3 series, in 1.5 MiB of 256 MiB.": {Series: 3, Bytes: 3 << 19, MaxBytes: 256 << 20},
		"It has 0 series, in 0 bytes of 1 MiB. For lack of room 2 lines of new series were dropped, and 4 idle series were forgotten.": {MaxBytes: 1 << 20, Refused: 2, Evicted: 4},
	} {
		if got := usageText(u); got != want {
			t.Errorf("the text is %q, want %q", got, want)
		}
	}
}

func TestPageOfRejectedLinesShowsEachColumn(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	group := RejectedGroup{
		Listener: "in", Sender: "h\x03", Reason: ledger.NotFinite, Lines: 9, First: at.Add(-24 * time.Hour), Last: at,
		Example: RejectedExample{at, 1, "a\x01 NaN", "value\x02"},
	}
	unknown := RejectedGroup{Destination: "out", Reason: ledger.Rejected, Lines: 8, First: at, Last: at, Example: RejectedExample{at, 7, "", "conflict"}}
	full := RejectedGroup{Listener: "in", Reason: ledger.RingFull, Lines: 8, First: at, Last: at, Example: RejectedExample{at, 1, "", "fast"}}
	for _, tt := range []struct {
		groups []RejectedGroup
		want   string
	}{
		{nil, "No rejected lines so far."},
		{[]RejectedGroup{group}, `<tr><td class="short">not_finite</td><td class="short">9</td><td class="short">h\x03</td><td><code>a\x01 NaN</code></td><td>value\x02</td><td>in</td>` +
			`<td class="short"><time datetime="2026-01-01T03:04:05.006Z">2026-01-01 03:04:05</time></td><td class="short"><time datetime="2026-01-02T03:04:05.006Z">03:04:05</time></td></tr>`},
		{[]RejectedGroup{unknown}, `<td class="short">8</td><td class="short"></td><td>7 lines; the server did not say which</td><td>conflict</td><td>out</td>`},
		{[]RejectedGroup{full}, `<td>none</td><td>fast</td><td>in</td>`},
		{make([]RejectedGroup, maxGroups+3), "There are 3 more groups"},
	} {
		var page strings.Builder
		if err := badPage.Execute(&page, adminView{Page: "/bad", Now: at, Body: newBadView(tt.groups)}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(page.String(), tt.want) {
			t.Errorf("the page lacks %s:\n%s", tt.want, page.String())
		}
		if current := `<a href="bad" aria-current="page">rejected lines</a>`; strings.Count(page.String(), "aria-current") != 1 || !strings.Contains(page.String(), current) {
			t.Errorf("the page lacks %s:\n%s", current, page.String())
		}
	}
}

func TestIndexShowsProblems(t *testing.T) {
	var page strings.Builder
	if err := indexPage.Execute(&page, adminView{Page: "/", Body: indexView{Problems: []string{"one", "<two>"}}}); err != nil {
		t.Fatal(err)
	}
	if want := "<p class=\"alert\" role=\"status\">one</p>\n<p class=\"alert\" role=\"status\">&lt;two&gt;</p>"; !strings.Contains(page.String(), want) {
		t.Errorf("the page lacks %s:\n%s", want, page.String())
	}
}

func TestIndexExplainsTheAggregate(t *testing.T) {
	const note = "sends the sums to destinations of other formats every 2s"
	sink := faultsink.NewTCP(t)
	for listener, want := range map[string]bool{"statsd": true, "graphite": false} {
		r := start(t, Config{
			Listen: []string{listener + "+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + sink.Addr()},
			Aggregate: 2 * time.Second, HTTP: anyPort,
		})
		if got := r.get(t, "/").body; strings.Contains(got, note) != want {
			t.Errorf("%s to graphite: the page has the note: %v, want %v:\n%s", listener, !want, want, got)
		}
		r.stop(t)
	}
}
