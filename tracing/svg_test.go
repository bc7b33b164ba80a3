package tracing

import (
	"context"
	"encoding/xml"
	"io"
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

// The pages of present allow no style sheets.
func TestSVGHasNoScriptStyleOrLink(t *testing.T) {
	for _, e := range elements(t, svg(t, outcomes())) {
		if e == "style" || e == "script" || strings.HasSuffix(e, " style") || strings.HasSuffix(e, "href") {
			t.Errorf("the picture has %q", e)
		}
	}
}

func TestSVGOfNoSpansIsWellFormed(t *testing.T) {
	elements(t, svg(t, nil))
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
