package tracing

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"

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
	spans := outcomes()
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
