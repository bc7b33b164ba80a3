package tracing

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"monkit.example/monkit"
)

// fullRecord returns a record with text in all fields.
func fullRecord(text string) record {
	return record{
		SpanJSON: SpanJSON{
			Func:        FuncJSON{Package: text, Name: text, Tags: map[string]string{text: text}},
			Args:        []string{text},
			Annotations: [][2]string{{text, text}},
			Attributes:  map[string]any{text: 1.0},
		},
		Err:  text,
		call: text,
	}
}

func TestTextsOfARetainedSpanAreShortened(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"short", "text", "text"},
		{"longest", strings.Repeat("x", maxRetainedText), strings.Repeat("x", maxRetainedText)},
		{"too long", strings.Repeat("x", maxRetainedText+1), strings.Repeat("x", maxRetainedText) + "…"},
		{"cut inside a rune", "x" + strings.Repeat("ä", maxRetainedText), "x" + strings.Repeat("ä", maxRetainedText/2-1) + "…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := fullRecord(tt.text)
			r.shorten()
			for name, got := range map[string]string{
				"error": r.Err, "argument": r.Args[0], "name of an annotation": r.Annotations[0][0], "annotation": r.Annotations[0][1],
			} {
				if got != tt.want {
					t.Errorf("%s is %q, want %q", name, got, tt.want)
				}
			}
			if len(r.Attributes) != 1 || r.Attributes[tt.want] != 1.0 {
				t.Errorf("attributes %v, want one named %q", r.Attributes, tt.want)
			}
		})
	}
}

// Otherwise a short text would keep a long one in memory, of which it is a part.
func TestShortenedTextIsACopy(t *testing.T) {
	text := strings.Repeat("x", 100)
	if got := shortened(text[:10]); unsafe.StringData(got) == unsafe.StringData(text) {
		t.Error("the text shares memory with the original")
	}
}

func TestSizeOfARecordCoversAllTexts(t *testing.T) {
	const length = 100
	const texts = 9 // of fullRecord, without the package and name, which belong to the function
	short, long := fullRecord("x"), fullRecord(strings.Repeat("x", 1+length))
	if got := long.size() - short.size(); got < (texts-1)*length || got > texts*length {
		t.Errorf("texts of %d bytes count %d bytes, want about %d", texts*length, got, texts*length)
	}
	empty := record{}
	if got, least := empty.size(), int(unsafe.Sizeof(empty)); got < least {
		t.Errorf("a record counts %d bytes, want at least %d", got, least)
	}
}

func TestErrorTextIsBounded(t *testing.T) {
	for _, length := range []int{maxErrorText, maxErrorText + 1} {
		if got := len(errorText(errors.New(strings.Repeat("x", length)))); got != maxErrorText {
			t.Errorf("%d of %d bytes", got, length)
		}
	}
}

// namedError is an error whose name a Func counts it by.
type namedError string

func (e namedError) Error() string        { return string(e) }
func (e namedError) Name() (string, bool) { return string(e), true }

// finishedTraceOf returns the trace of a run of f that ended with err, with
// children spans below it.
func finishedTraceOf(f *monkit.Func, err error, children int) finishedTrace {
	var spans []*FinishedSpan
	ctx := context.Background()
	finish := f.Task(&ctx)
	for range children {
		inner := ctx
		f.Scope().FuncNamed("child").Task(&inner)(nil)
		spans = append(spans, &FinishedSpan{Span: monkit.SpanFromCtx(inner), Finish: time.Now()})
	}
	finish(nil)
	root := &FinishedSpan{Span: monkit.SpanFromCtx(ctx), Err: err, Finish: time.Now()}
	return finishedTrace{root: root, spans: append(spans, root)}
}

// bytesOf returns how many bytes t takes, without memory that it shares with
// functions, and without what the runtime adds to each allocation.
func bytesOf(t *retainedTrace) int {
	n := int(unsafe.Sizeof(*t)+unsafe.Sizeof(*t.elem)) + len(t.ID) + len(t.TraceID) + len(t.Func) + len(t.Err)
	for i := range t.rows {
		r := &t.rows[i]
		n += int(unsafe.Sizeof(*r)) + len(r.HexID) + len(r.ParentHexID) + len(r.Trace.HexID) + len(r.call) + len(r.Err)
		for key, val := range r.Func.Tags {
			n += len(key) + len(val)
		}
	}
	return n
}

// The estimate is what RecorderOptions.MaxBytes is compared with.
func TestEstimateOfATraceCoversItsMemory(t *testing.T) {
	for _, tt := range []struct {
		name, fn, err string
		children      int
	}{
		{"short names", "f", "e", 0},
		{"long function", strings.Repeat("f", 500), "e", 0},
		{"long error", "f", strings.Repeat("e", 500), 0},
		{"children", "f", "e", 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := monkit.NewRegistry().ScopeNamed("s").FuncNamed(tt.fn)
			got := newRetainedTrace(finishedTraceOf(f, namedError(tt.err), tt.children), 1<<20)
			if len(got.rows) != 1+tt.children || !strings.HasPrefix(got.Err, tt.err[:1]) {
				t.Fatalf("%d rows, error %q", len(got.rows), got.Err)
			}
			actual := bytesOf(got)
			most := actual*5/4 + 200
			if strconv.IntSize == 32 {
				most *= 2 // the estimate is for pointers of 64 bits
			}
			if got.bytes < actual || got.bytes > most {
				t.Errorf("estimated %d bytes, takes %d", got.bytes, actual)
			}
		})
	}
}

func TestRetainedTraceIsCutToItsBytes(t *testing.T) {
	f := monkit.NewRegistry().ScopeNamed("s").FuncNamed("f")
	const children = 100
	trace := finishedTraceOf(f, nil, children)
	trace.dropped = 3
	whole := newRetainedTrace(trace, 1<<20)
	for _, tt := range []struct {
		name            string
		maxBytes, spans int
	}{
		{"all spans", whole.bytes, 1 + children},
		{"all but the last span", whole.bytes - 1, children},
		{"the root, however large it is", 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := newRetainedTrace(trace, tt.maxBytes)
			cut := 1 + children - tt.spans
			if got.Spans() != tt.spans || got.cut != cut || got.Dropped != 3+cut {
				t.Errorf("%d spans are retained, %d cut, %d dropped; want %d, %d, %d", got.Spans(), got.cut, got.Dropped, tt.spans, cut, 3+cut)
			}
			if got.bytes > tt.maxBytes && got.Spans() > 1 {
				t.Errorf("%d bytes, want at most %d", got.bytes, tt.maxBytes)
			}
			if cap(got.rows) > 2*tt.spans {
				t.Errorf("%d spans keep the memory of %d", tt.spans, cap(got.rows))
			}
		})
	}
}
