package tracing

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"monkit.example/monkit"
)

// hostile are texts that somebody might get into a program.
var hostile = []string{
	`'"><script>alert(1)</script>`, `') || alert('1`, "]]>", "&amp;", "nul\x00", "esc\x1b[2J", "two\nlines",
	"\xff\xfe not UTF-8", "\u202egnp.exe", "", strings.Repeat("long", 1<<8),
}

// hostileSpans has the texts wherever a user's can get to.
func hostileSpans(t *testing.T) (spans []*FinishedSpan) {
	t.Helper()
	for _, text := range hostile {
		f := monkit.NewRegistry().ScopeNamed(text).FuncNamed(text, monkit.NewSeriesTag(text, text))
		ctx := context.Background()
		finish := f.Task(&ctx, text, []byte(text))
		s := monkit.SpanFromCtx(ctx)
		s.Annotate(text, text)
		finish(nil)
		spans = append(spans, &FinishedSpan{Span: s, Err: errors.New(text), Finish: s.Start().Add(time.Millisecond)})
	}
	return spans
}

// sample is a small trace of every colour.
func sample() (spans []*FinishedSpan) {
	s := monkit.NewRegistry().ScopeNamed("s")
	run(context.Background(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
		spans = CollectSpans(ctx, func(ctx context.Context) {
			run(ctx, s.FuncNamed("failed"), io.EOF, nil)
			run(ctx, s.FuncNamed("canceled"), fmt.Errorf("wrapped: %w", context.Canceled), nil)
			func() {
				defer func() { recover() }()
				run(ctx, s.FuncNamed("panicked"), nil, func(context.Context) { panic(1) })
			}()
		})
	})
	return spans
}

func svg(t *testing.T, spans []*FinishedSpan) string {
	t.Helper()
	var b strings.Builder
	if err := SpansToSVG(&b, spans); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements are those of an XML text with their attributes; it fails t if the
// text is none.
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

// Fault 4: text of the program could become markup or script.
func TestFaultHostileTextMakesNoMarkup(t *testing.T) {
	harmless := elements(t, svg(t, sample()))
	for _, e := range elements(t, svg(t, hostileSpans(t))) {
		if !slices.Contains(harmless, e) {
			t.Errorf("the picture has %q", e)
		}
	}
	if slices.Contains(harmless, "script") {
		t.Error("the picture has a script")
	}
}

// Fault 4: spans of no length divided by zero.
func TestFaultSpansOfNoLengthAreDrawn(t *testing.T) {
	spans := sample()
	for _, s := range spans {
		s.Finish = s.Span.Start()
	}
	if text := svg(t, spans[:1]); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Error(text)
	}
}

// Fault 4: remote roots whose parent is 0 were drawn twice.
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

func TestSVGShowsHowSpansEnded(t *testing.T) {
	text := svg(t, sample())
	for _, colour := range []string{"#8bf", "#fb6", "#fe6", "#f66"} {
		if strings.Count(text, colour) != 1 {
			t.Errorf("colour %s is there %d times, want once, in\n%s", colour, strings.Count(text, colour), text)
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

func TestSVGTellsOrphans(t *testing.T) {
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
func TestSVGNeedsNothingThatPagesRefuse(t *testing.T) {
	for _, e := range elements(t, svg(t, sample())) {
		if e == "style" || e == "script" || strings.HasSuffix(e, " style") || strings.HasSuffix(e, "href") {
			t.Errorf("the picture has %q", e)
		}
	}
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 1: "1ns", 9999: "9.999µs", 123456789: "123.5ms", -123456789: "-123.5ms", 90*time.Minute + 1: "1h30m0s",
	} {
		if got := short(d); got != want {
			t.Errorf("short(%d) = %s, want %s", d, got, want)
		}
	}
}

func TestSVGOfNothing(t *testing.T) {
	elements(t, svg(t, nil))
}

func TestCirclesAreWalkedOnce(t *testing.T) {
	f := monkit.NewRegistry().ScopeNamed("s").FuncNamed("f")
	trace := monkit.NewTrace(1)
	var spans []*FinishedSpan
	parent := int64(0)
	for range 3 {
		ctx := context.Background()
		f.RemoteTrace(&ctx, parent, trace)(nil)
		s := monkit.SpanFromCtx(ctx)
		parent = s.Id()
		spans = append(spans, &FinishedSpan{Span: s, Finish: s.Start().Add(1)})
	}
	whole := newTree(spans)
	whole.below[spans[2].Span.Id()] = spans[:1] // closes the circle
	var seen []*FinishedSpan
	whole.walk(spans[1], func(s *FinishedSpan) { seen = append(seen, s) })
	if len(seen) != 3 {
		t.Errorf("%d spans, want 3", len(seen))
	}
}

// Fault 2 of its kind: what is written is JSON, whatever the text.
func TestJSONIsValid(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spans []*FinishedSpan
	}{
		{"nothing", nil},
		{"hostile", hostileSpans(t)},
		{"sample", sample()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := SpansToJSON(&b, tt.spans); err != nil {
				t.Fatal(err)
			}
			var got []map[string]any
			if err := json.Unmarshal([]byte(b.String()), &got); err != nil || len(got) != len(tt.spans) {
				t.Fatalf("%v, %d elements, want %d", err, len(got), len(tt.spans))
			}
			if lines := strings.Count(b.String(), "\n"); lines != len(tt.spans)+1 {
				t.Errorf("%d lines, want %d", lines, len(tt.spans)+1)
			}
			if strings.ContainsFunc(strings.ReplaceAll(b.String(), "\n", ""), unicode.IsControl) {
				t.Error("control characters")
			}
		})
	}
}

func TestJSONTellsAllOfASpan(t *testing.T) {
	spans := sample()
	var b strings.Builder
	if err := SpansToJSON(&b, spans); err != nil {
		t.Fatal(err)
	}
	var got []record
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	failed, root := got[1], spans[0].Span
	if failed.Err != "EOF" || failed.Panicked || *failed.ParentID != root.Id() || failed.ParentHexID != SpanID(root.Id()) ||
		failed.Trace.HexID != TraceID(root.Trace()) || failed.Finish != spans[1].Finish.UnixNano() ||
		failed.Func.Package != "s" || failed.Func.Name != "failed" {
		t.Errorf("%+v", failed)
	}
	if got[0].ParentID == nil || !got[3].Panicked {
		t.Errorf("%s", b.String())
	}
}

func TestJSONTellsTypedAnnotations(t *testing.T) {
	ctx := t.Context()
	defer monkit.NewRegistry().ScopeNamed("s").TaskNamed("f")(&ctx)(nil)
	s := monkit.SpanFromCtx(ctx)
	for _, v := range []any{math.NaN(), math.Inf(-1), 1, "text", int64(1) << 60, 0.5, true, 1500 * time.Millisecond} {
		s.AnnotateValue(fmt.Sprintf("%T", v), v)
	}
	text, err := json.Marshal(JSONOf(s).Attributes)
	if want := `{"bool":true,"float64":0.5,"int":1,"int64":1152921504606846976,"time.Duration":1.5}`; string(text) != want || err != nil {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
	s.AnnotateValue("float64", math.NaN()) // the last of its name, and no number
	if got := JSONOf(s).Attributes; got["float64"] != nil || len(got) != 4 {
		t.Errorf("got %v", got)
	}
	if got := JSONOf(s).Annotations; len(got) != 9 || got[0] != [2]string{"float64", "NaN"} || got[7] != [2]string{"time.Duration", "1.5s"} {
		t.Errorf("as text %q", got)
	}
}

// badError panics when asked what it is.
type badError struct{}

func (badError) Error() string   { panic("no text") }
func (badError) Is(error) bool   { panic("no identity") }
func (badError) Unwrap() []error { panic("no inside") }

func TestErrorsThatPanicAreShown(t *testing.T) {
	spans := sample()
	spans[0].Err = badError{}
	if text := svg(t, spans); !strings.Contains(text, "cannot be told") {
		t.Error(text)
	}
	if err := SpansToJSON(io.Discard, spans); err != nil {
		t.Error(err)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriteErrorsAreReturned(t *testing.T) {
	if err := SpansToSVG(fullDisk{}, sample()); err != io.ErrShortWrite {
		t.Error(err)
	}
	if err := SpansToJSON(fullDisk{}, sample()); err != io.ErrShortWrite {
		t.Error(err)
	}
}

func TestStartTimeSorter(t *testing.T) {
	spans := sample()
	slices.Reverse(spans)
	StartTimeSorter(spans).Sort()
	if got := names(spans); !slices.Equal(got, []string{"outer-TRACED", "failed", "canceled", "panicked"}) {
		t.Error(got)
	}
	if s := StartTimeSorter(spans); s.Len() != 4 || !s.Less(0, 1) || s.Less(1, 0) {
		t.Error("the order of Less")
	}
}
