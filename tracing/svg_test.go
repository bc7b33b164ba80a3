package tracing

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
)

func svg(t *testing.T, spans []*FinishedSpan) string {
	t.Helper()
	var b strings.Builder
	if err := SpansToSVG(&b, spans); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements returns the names of the XML elements in text and of their
// attributes. It fails t if text is not well-formed.
func elements(t *testing.T, text string) (all []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("%v in\n%.2000s", err, text)
		}
		if e, ok := token.(xml.StartElement); ok {
			all = append(all, e.Name.Local)
			for _, a := range e.Attr {
				all = append(all, e.Name.Local+" "+a.Name.Local)
			}
		}
	}
}

// Fault 4 of monkit/v3: text of the program could become markup or script.
func TestFaultHostileTextMakesNoMarkup(t *testing.T) {
	harmless := elements(t, svg(t, outcomes()))
	for _, e := range elements(t, svg(t, hostileSpans(t))) {
		if !slices.Contains(harmless, e) {
			t.Errorf("the picture has %q", e)
		}
	}
	if slices.Contains(harmless, "script") {
		t.Error("the picture has a script")
	}
}

// Fault 4 of monkit/v3: spans of no length divided by zero.
func TestFaultSpansOfNoLengthAreDrawn(t *testing.T) {
	spans := outcomes()
	for _, s := range spans {
		s.Finish = s.Span.Start()
	}
	if text := svg(t, spans[:1]); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Error(text)
	}
}

// Fault 4 of monkit/v3: remote roots whose parent is 0 were drawn twice.
func TestFaultRemoteRootsAreDrawnOnce(t *testing.T) {
	f := monkit.NewRegistry().ScopeNamed("s").FuncNamed("remote")
	ctx := context.Background()
	f.RemoteTrace(&ctx, 0, monkit.NewTrace(1))(nil)
	s := monkit.SpanFromCtx(ctx)
	text := svg(t, []*FinishedSpan{{Span: s, Finish: s.Start().Add(1)}})
	if got := strings.Count(text, "<g>"); got != 1 {
		t.Errorf("drawn %d times", got)
	}
}

func TestSVGShowsOutcomes(t *testing.T) {
	text := svg(t, outcomes())
	for _, colour := range []string{"#8bf", "#fb6", "#fe6", "#f66"} {
		if strings.Count(text, colour) != 1 {
			t.Errorf("colour %s occurs %d times, want once, in\n%s", colour, strings.Count(text, colour), text)
		}
	}
	for _, want := range []string{"s.outer-TRACED", "error: EOF", "panicked", "spans: 4 in"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	if got := strings.Count(text, "#bbb"); got != 3 {
		t.Errorf("%d lines between spans, want 3", got)
	}
}

func TestSVGMarksOrphans(t *testing.T) {
	s := monkit.NewRegistry().ScopeNamed("s")
	var spans []*FinishedSpan
	run(context.Background(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
		spans = CollectSpans(ctx, func(ctx context.Context) {
			end := s.FuncNamed("parent").Task(&ctx)
			run(ctx, s.FuncNamed("child"), nil, func(context.Context) { end(nil) })
		})
	})
	text := svg(t, spans)
	if got := strings.Count(text, ", orphaned</text>"); got != 1 || !strings.Contains(text, "s.child ") {
		t.Errorf("%d orphans in\n%s", got, text)
	}
}

// The pages of present allow no style but the one of SVGStyleSource.
func TestSVGHasNoScriptAndOneStyle(t *testing.T) {
	text := svg(t, outcomes())
	styles := 0
	for _, e := range elements(t, text) {
		if e == "script" || strings.HasSuffix(e, " style") || strings.HasSuffix(e, "href") {
			t.Errorf("the picture has %q", e)
		}
		if e == "style" {
			styles++
		}
	}
	_, style, _ := strings.Cut(text, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; styles != 1 || SVGStyleSource() != want {
		t.Errorf("%d styles; SVGStyleSource() = %s, want %s", styles, SVGStyleSource(), want)
	}
}

// Viewers without the style see a light theme by attributes, and a dark one
// only has what it changes.
func TestStyleOfSVGHasEveryClass(t *testing.T) {
	text := svg(t, outcomes())
	for _, m := range regexp.MustCompile(`class="([a-z]+)"`).FindAllStringSubmatch(text, -1) {
		_, dark, _ := strings.Cut(svgStyle, "prefers-color-scheme:dark")
		if !strings.Contains(dark, "."+m[1]) {
			t.Errorf("the dark theme lacks .%s", m[1])
		}
	}
}

func TestSVGScalesToTheScreen(t *testing.T) {
	if text := svg(t, outcomes()); !strings.HasPrefix(text, `<svg xmlns="http://www.w3.org/2000/svg" class="trace" viewBox="0 0 720 188" width="100%"`) {
		t.Errorf("the picture begins with %.200s", text)
	}
}

func TestSVGLinksBack(t *testing.T) {
	var b strings.Builder
	if err := SpansToSVGWith(&b, outcomes(), SVGOptions{Back: `../x?a=1&b="`, BackName: "<All>"}); err != nil {
		t.Fatal(err)
	}
	elements(t, b.String())
	if want := `<a href="../x?a=1&amp;b=&#34;"><text class="link" x="4.0" y="16" text-anchor="start"`; !strings.Contains(b.String(), want) || !strings.Contains(b.String(), ">← &lt;All&gt;</text></a>") {
		t.Errorf("no %s in\n%s", want, &b)
	}
}

// A tooltip needs a mouse, and a user who knows where to point.
func TestSVGShowsErrors(t *testing.T) {
	failed := rowAt("f", 0, 100, -1)
	failed.failed, failed.Err = true, "no space\nleft on device"
	panicked := rowAt("g", 50, 100, 0)
	panicked.Panicked = true
	var b strings.Builder
	if err := writeSVG(&b, []row{failed, panicked, rowAt("h", 60, 70, 0)}, 0, SVGOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<text class="fault" x="8.0" y="88" text-anchor="start"`, ">error: no space left on device</text>",
		">panicked</text>", `y="94" width="356.0" height="16" fill="#f66"`, `y="130" width="71.2"`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, &b)
		}
	}
}

func TestTicksAreAtRoundNumbers(t *testing.T) {
	const day = 24 * time.Hour
	for total, want := range map[time.Duration]time.Duration{
		1: 1, 5: 1, 6: 2, 99: 20, 149: 50, 1234567: 500_000, 12 * time.Millisecond: 5 * time.Millisecond,
		7 * time.Second: 2 * time.Second, 50 * time.Second: 10 * time.Second, 80 * time.Second: 15 * time.Second,
		100 * time.Second: 30 * time.Second, 5 * time.Minute: time.Minute, 50 * time.Minute: 10 * time.Minute,
		3 * time.Hour: time.Hour, 70 * time.Hour: 12 * time.Hour, 100 * time.Hour: day, 1<<63 - 1: 1 << 15 * day,
	} {
		if got := tickStep(total); got != want {
			t.Errorf("a trace of %v has a mark each %v, want %v", total, got, want)
		}
	}
	var b strings.Builder
	if err := writeSVG(&b, []row{rowAt("f", 0, 1234567, -1)}, 0, SVGOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">0s</text>", ">500µs</text>", ">1ms</text>"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, &b)
		}
	}
	if n := strings.Count(b.String(), `class="tick"`); n != 3 {
		t.Errorf("%d marks, want 3", n)
	}
}

func TestSVGOfNoSpansShowsThat(t *testing.T) {
	text := svg(t, nil)
	elements(t, text)
	if !strings.Contains(text, ">no spans<") || strings.Contains(text, "#eee") {
		t.Error(text)
	}
}

// rowAt returns a row of a span that started and ended at those Unix times, in
// nanoseconds.
func rowAt(call string, start, finish int64, parent int) row {
	return row{record: record{SpanJSON: SpanJSON{Start: start}, Finish: finish, call: call}, parent: parent}
}

func TestSVGPlacesBarsAndLabels(t *testing.T) {
	rows := []row{
		rowAt("all", 100, 200, -1),
		rowAt("second half", 150, 175, 0),
		rowAt("end", 200, 200, 0),
		rowAt("clock was set back", 250, 90, 0),
	}
	var b strings.Builder
	if err := writeSVG(&b, rows, 0, SVGOptions{}); err != nil {
		t.Fatal(err)
	}
	elements(t, b.String())
	for _, want := range []string{
		`viewBox="0 0 720 134"`,
		`  spans: 4 in 100ns</text>`,
		// The marks are at round numbers.
		`<path class="tick" d="M4.0 40V134" fill="none" stroke="#eee"/>`,
		`<path class="tick" d="M146.4 40V134" fill="none" stroke="#eee"/>`,
		`<path class="tick" d="M573.6 40V134" fill="none" stroke="#eee"/>`,
		`y="52" text-anchor="start" stroke="#fff" stroke-width="2" stroke-opacity=".8" paint-order="stroke">80ns</text>`,
		// The lines lead from the bar of the caller.
		`<path class="call" d="M360.0 74V85" fill="none" stroke="#bbb"/>`,
		// There is no room beside the first bar, some after the second and
		// some before the third. A bar is at least one unit wide and inside
		// the picture.
		`x="4.0" y="58" width="712.0" height="16" fill="#8bf"/><text x="8.0" y="70" text-anchor="start"`,
		`x="360.0" y="76" width="178.0" height="16" fill="#8bf"/><text x="542.0" y="88" text-anchor="start"`,
		`x="716.0" y="94" width="1.0" height="16" fill="#8bf"/><text x="712.0" y="106" text-anchor="end"`,
		`x="716.0" y="112" width="1.0" height="16" fill="#8bf"/>`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s", want)
		}
	}
	if t.Failed() {
		t.Log(b.String())
	}
}

// A step of the clock may make a span start before its caller.
func TestSVGBeginsWithTheEarliestSpan(t *testing.T) {
	var b strings.Builder
	if err := writeSVG(&b, []row{rowAt("caller", 100, 196, -1), rowAt("callee", 47, 150, 0)}, 0, SVGOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`x="257.3" y="58" width="458.7"`, `x="4.0" y="76"`, "in 149ns"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, &b)
		}
	}
}

func TestSVGShowsHowManySpansAreMissing(t *testing.T) {
	const more, omitted = "there may be more", "1 more are not drawn"
	for _, tt := range []struct {
		name          string
		rows, omitted int
		want, not     string
	}{
		{"all", MaxSpans - 1, 0, "spans: 9999 in", "more"},
		{"as many as are collected", MaxSpans, 0, more, omitted},
		{"one is omitted", MaxSpans, 1, omitted, more},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := writeSVG(&b, make([]row, tt.rows), tt.omitted, SVGOptions{}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.String(), tt.want) || strings.Contains(b.String(), tt.not) {
				t.Errorf("want %q and not %q in %.500s", tt.want, tt.not, b.String())
			}
		})
	}
}

func TestSVGDrawsAtMostMaxSpans(t *testing.T) {
	s := monkit.NewRegistry().ScopeNamed("s")
	var spans []*FinishedSpan
	for range MaxSpans + 2 {
		ctx := context.Background()
		s.FuncNamed("f").Task(&ctx)(nil)
		spans = append(spans, &FinishedSpan{Span: monkit.SpanFromCtx(ctx), Finish: time.Now()})
	}
	text := svg(t, spans)
	if got := strings.Count(text, "<g>"); got != MaxSpans || !strings.Contains(text, "2 more are not drawn") {
		t.Errorf("%d spans are drawn, want %d, in %.500s", got, MaxSpans, text)
	}
}

func TestTooltipHasAllDetailsOfASpan(t *testing.T) {
	r := rowAt("s.f,k=v", 0, 1500, -1)
	r.HexID, r.Args, r.Annotations = "4d", []string{"1", "x"}, [][2]string{{"a", "b"}, {"c", "d"}}
	r.Panicked, r.failed, r.Err, r.Orphaned = true, true, "EOF", true
	want := "s.f,k=v(1, x)\nspan 4d, 1.5µs\npanicked\nerror: EOF\norphaned\na: b\nc: d\n"
	if got := r.tip(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	plain := rowAt("s.f", 0, 1500, -1)
	if got, want := plain.tip(), "s.f()\nspan , 1.5µs\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTextOfASpanIsClipped(t *testing.T) {
	long := strings.Repeat("x", 3*maxTip)
	var b strings.Builder
	if err := writeSVG(&b, []row{rowAt(long, 1, 2, -1)}, 0, SVGOptions{}); err != nil {
		t.Fatal(err)
	}
	const took = " 1ns"
	tip, label := strings.Repeat("x", maxTip), strings.Repeat("x", maxLabel-len(took))
	if !strings.Contains(b.String(), "<title>"+tip+"…</title>") || !strings.Contains(b.String(), ">"+label+"…"+took+"</text>") {
		t.Errorf("tooltip or label have another length in %s", &b)
	}
}

func TestClipCountsRunes(t *testing.T) {
	for _, tt := range []struct {
		text string
		n    int
		want string
	}{
		{"", 2, ""}, {"ab", 2, "ab"}, {"abc", 2, "ab…"}, {"😀😀😀😀😀", 3, "😀😀😀…"}, {"ääää", 3, "äää…"},
	} {
		if got := clip(tt.text, tt.n); got != tt.want {
			t.Errorf("clip(%q, %d) = %q, want %q", tt.text, tt.n, got, tt.want)
		}
	}
}

func TestErrorThatPanicsIsShown(t *testing.T) {
	spans := outcomes()
	spans[0].Err = panickingError{}
	if text := svg(t, spans); !strings.Contains(text, "an error whose Error method panics") {
		t.Error(text)
	}
	if err := SpansToJSON(io.Discard, spans); err != nil {
		t.Error(err)
	}
}

func TestShortRoundsToFourDigits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 1: "1ns", 9999: "9.999µs", 123456789: "123.5ms", -123456789: "-123.5ms", 90*time.Minute + 1: "1h30m0s",
	} {
		if got := short(d); got != want {
			t.Errorf("short(%d) = %s, want %s", d, got, want)
		}
	}
}

// fullDisk is a writer that fails.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriteErrorsAreReturned(t *testing.T) {
	if err := SpansToSVG(fullDisk{}, outcomes()); err != io.ErrShortWrite {
		t.Error(err)
	}
	if err := SpansToJSON(fullDisk{}, outcomes()); err != io.ErrShortWrite {
		t.Error(err)
	}
}
