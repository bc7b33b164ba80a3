package tracing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"

	"monkit.example/internal/hostile"
	"monkit.example/monkit"
)

// Fault 2 of monkit/v3 was of this kind: the output must be valid JSON, whatever
// the text.
func TestJSONIsValid(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spans []*FinishedSpan
	}{
		{"no spans", nil},
		{"hostile text", hostileSpans(t)},
		{"all outcomes", outcomes()},
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

func TestJSONHasAllFieldsOfASpan(t *testing.T) {
	f := monkit.NewRegistry().ScopeNamed("scope").FuncNamed("f", monkit.NewSeriesTag("k", "v"))
	ctx := context.Background()
	f.RemoteTrace(&ctx, -1, monkit.NewTrace128(0xa, 0x4d), 1, "x")(nil)
	s := monkit.SpanFromCtx(ctx)
	s.Annotate("a", "b")
	var b strings.Builder
	if err := SpansToJSON(&b, []*FinishedSpan{{Span: s, Err: io.EOF, Panicked: true, Finish: time.Unix(1, 2)}}); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`[
 {"id":%d,"id_hex":%q,"parent_id":-1,"parent_id_hex":"ffffffffffffffff",`+
		`"func":{"package":"scope","name":"f","tags":{"k":"v"}},"trace":{"id":77,"id_hex":"000000000000000a000000000000004d"},`+
		`"start":%d,"orphaned":false,"args":["1","\"x\""],"annotations":[["a","b"]],"finish":1000000002,"err":"EOF","panicked":true}]
`, s.Id(), SpanID(s.Id()), s.Start().UnixNano())
	if b.String() != want {
		t.Errorf("got %s\nwant %s", &b, want)
	}
}

func TestJSONOfASpanWithoutArgumentsHasEmptyLists(t *testing.T) {
	s := outcomes()[0].Span
	text, err := json.Marshal(JSONOf(s))
	if err != nil || !strings.Contains(string(text), `"args":[],"annotations":[]`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestJSONHasNoNumberThatIsNotFinite(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := jsonValue(v); got != nil {
			t.Errorf("%v became %v, want nil", v, got)
		}
	}
}

func TestJSONKeepsTypesOfAnnotations(t *testing.T) {
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
	s.AnnotateValue("float64", math.NaN()) // replaces 0.5, and has no JSON form
	if got := JSONOf(s).Attributes; got["float64"] != nil || len(got) != 4 {
		t.Errorf("got %v", got)
	}
	if got := JSONOf(s).Annotations; len(got) != 9 || got[0] != [2]string{"float64", "NaN"} || got[7] != [2]string{"time.Duration", "1.5s"} {
		t.Errorf("as text %q", got)
	}
}

func TestFinishedSpansPrint(t *testing.T) {
	spans := hostileSpans(t)
	for name, write := range map[string]func(io.Writer, []*FinishedSpan) error{"SVG": SpansToSVG, "JSON": SpansToJSON} {
		var b strings.Builder
		if err := write(&b, spans); err != nil {
			t.Error(err)
		}
		if bad := hostile.Unprintable(b.String()); bad != "" {
			t.Errorf("%s has %q", name, bad)
		}
	}
}

func TestHiddenTracesHaveNoTexts(t *testing.T) {
	const secret = "secret"
	f := monkit.NewRegistry().ScopeNamed("s").FuncNamed("f")
	ctx := context.Background()
	finish := f.Task(&ctx, secret)
	s := monkit.SpanFromCtx(ctx)
	s.Annotate(secret, secret)
	s.AnnotateValue(secret+"2", 1)
	finish(nil)
	whole := NewRecorded([]*FinishedSpan{{Span: s, Err: errors.New(secret), Finish: s.Start()}})
	hidden := whole.Hiding("(hidden)")
	for name, write := range map[string]func(Recorded, io.Writer) error{"SVG": Recorded.WriteSVG, "JSON": Recorded.WriteJSON} {
		for _, tt := range []struct {
			trace Recorded
			has   bool
		}{{hidden, false}, {whole, true}} { // hiding does not change the original
			var b strings.Builder
			if err := write(tt.trace, &b); err != nil {
				t.Error(err)
			}
			if strings.Contains(b.String(), secret) != tt.has || strings.Contains(b.String(), "(hidden)") == tt.has || !strings.Contains(b.String(), "s.f") && name == "SVG" {
				t.Errorf("%s is\n%s", name, &b)
			}
		}
	}
}
