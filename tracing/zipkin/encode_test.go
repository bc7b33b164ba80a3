package zipkin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// spec describes a finished span.
type spec struct {
	tags     []monkit.SeriesTag
	args     []any
	high     uint64 // upper half of the trace's id
	trace    func(*monkit.Trace)
	remote   int64 // parent in another process, if not 0
	local    bool  // has a parent in this process
	within   func(*monkit.Span)
	err      error
	panicked bool
	duration time.Duration
}

func (sp spec) span() *tracing.FinishedSpan {
	s := monkit.NewRegistry().ScopeNamed("scope")
	trace := monkit.NewTrace128(sp.high, 0x4d)
	if sp.trace != nil {
		sp.trace(trace)
	}
	ctx := context.Background()
	switch {
	case sp.local:
		defer s.FuncNamed("parent").RemoteTrace(&ctx, 0, trace)(nil)
		defer s.FuncNamed("F", sp.tags...).Task(&ctx, sp.args...)(nil)
	case sp.remote != 0:
		defer s.FuncNamed("F", sp.tags...).RemoteTrace(&ctx, sp.remote, trace, sp.args...)(nil)
	default:
		defer s.FuncNamed("F", sp.tags...).ResetTrace(&ctx, sp.args...)(nil)
	}
	span := monkit.SpanFromCtx(ctx)
	if sp.within != nil {
		sp.within(span)
	}
	return &tracing.FinishedSpan{Span: span, Err: sp.err, Panicked: sp.panicked, Finish: span.Start().Add(sp.duration)}
}

// panickingError panics in all of its methods.
type panickingError struct{}

func (panickingError) Error() string   { panic("no text") }
func (panickingError) Is(error) bool   { panic("no identity") }
func (panickingError) Unwrap() []error { panic("no cause") }

func TestTagsOfSpans(t *testing.T) {
	annotate := func(pairs ...string) func(*monkit.Span) {
		return func(s *monkit.Span) {
			for i := 0; i < len(pairs); i += 2 {
				s.Annotate(pairs[i], pairs[i+1])
			}
		}
	}
	for _, tt := range []struct {
		name string
		spec spec
		opts Options
		want map[string]string // besides code.function.name
	}{
		{"no values", spec{}, Options{}, nil},
		{"annotation", spec{within: annotate("a", "1")}, Options{}, map[string]string{"a": "1"}},
		{"annotation twice", spec{within: annotate("a", "1", "a", "2")}, Options{}, map[string]string{"a": `["1","2"]`}},
		{"tags of the function", spec{tags: []monkit.SeriesTag{{Key: "k", Val: "v"}}}, Options{}, map[string]string{"k": "v"}},
		{"http", spec{within: annotate("http.uri", "http://h/p%20q?secret", "http.responsecode", "204", "http.method", "GET")}, Options{},
			map[string]string{"http.path": "/p%20q", "http.status_code": "204", "http.method": "GET"}},
		{"invalid URI", spec{within: annotate("http.uri", "%zz?secret")}, Options{}, map[string]string{"http.path": "%zz"}},
		{"arguments", spec{args: []any{1, "x"}}, Options{Args: true}, map[string]string{"arg_0": "1", "arg_1": `"x"`}},
		{"arguments are left out", spec{args: []any{1, "x"}}, Options{}, nil},
		{"error", spec{err: io.EOF}, Options{}, map[string]string{"error": "EOF"}},
		{"error without name", spec{err: errors.New("secret")}, Options{}, map[string]string{"error": "System Error"}},
		{"error text", spec{err: errors.New("text")}, Options{ErrorText: true}, map[string]string{"error": "text"}},
		{"error that panics", spec{err: panickingError{}}, Options{ErrorText: true}, map[string]string{"error": "System Error"}},
		{"canceled", spec{err: fmt.Errorf("x: %w", context.Canceled)}, Options{},
			map[string]string{"error": "Canceled", "monkit.canceled": "true"}},
		{"panic", spec{panicked: true, err: io.EOF}, Options{}, map[string]string{"error": "panic"}},
		{"panic without an error", spec{panicked: true}, Options{}, map[string]string{"error": "panic"}},
		{"annotation named error", spec{within: annotate("error", "false")}, Options{}, map[string]string{"monkit.error": "false"}},
		{"annotation named like a tag of the exporter", spec{within: annotate("code.function.name", "x")}, Options{}, nil},
		{"annotation without a name", spec{within: annotate("", "x")}, Options{}, map[string]string{"otel.dropped_attributes_count": "1"}},
		{"values of the trace", spec{remote: 1, trace: func(t *monkit.Trace) {
			t.Set("s", "x")
			t.Set("i", 1)
			t.Set("u", uint8(2))
			t.Set("b", true)
			t.Set("f", 0.5)
			t.Set("pi", math.Pi)
			t.Set("inf", math.Inf(1))
			t.Set("map", map[string]int{"x": 1})
			t.Set("nil", nil)
			t.Set(7, "x")
			t.Set(tracing.SampledKey, true)
			t.Set(tracing.SampledCBKey, func(*monkit.Trace) {})
		}}, Options{}, map[string]string{"s": "x", "i": "1", "u": "2", "b": "true", "f": "0.5", "pi": "3.141592653589793", "inf": "+Inf"}},
		{"values of the trace of a local root", spec{within: func(s *monkit.Span) { s.Trace().Set("s", "x") }}, Options{}, map[string]string{"s": "x"}},
		{"values of the trace, below its root", spec{local: true, trace: func(t *monkit.Trace) { t.Set("s", "x") }}, Options{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := map[string]string{"code.function.name": "scope.F"}
			maps.Copy(want, tt.want)
			if reason, failed := want["error"]; failed {
				want["otel.status_code"], want["otel.status_description"] = "ERROR", reason
			}
			if got := tt.opts.encode(tt.spec.span()).Tags; !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestFieldsOfSpans(t *testing.T) {
	annotate := func(name, value string) func(*monkit.Span) {
		return func(s *monkit.Span) { s.Annotate(name, value) }
	}
	debug := func(t *monkit.Trace) { tracing.SetOrigin(t, tracing.Origin{Debug: true}) }
	for _, tt := range []struct {
		name  string
		spec  spec
		field func(*span) any
		want  any
	}{
		{"id of 64 bits", spec{remote: 1}, func(s *span) any { return s.TraceID }, "000000000000004d"},
		{"id of 128 bits", spec{remote: 1, high: 0xa}, func(s *span) any { return s.TraceID }, "000000000000000a000000000000004d"},
		{"debug", spec{remote: 1, trace: debug}, func(s *span) any { return s.Debug }, true},
		{"no debug", spec{}, func(s *span) any { return s.Debug }, false},
		{"parent in another process", spec{remote: -1}, func(s *span) any { return s.ParentID }, "ffffffffffffffff"},
		{"no parent", spec{}, func(s *span) any { return s.ParentID }, ""},
		{"name", spec{}, func(s *span) any { return s.Name }, "scope.F"},
		{"service", spec{}, func(s *span) any { return *s.Local }, address{Service: "svc"}},
		{"kind of a remote call", spec{remote: 1}, func(s *span) any { return s.Kind }, "SERVER"},
		{"kind of a local call", spec{local: true}, func(s *span) any { return s.Kind }, ""},
		{"kind of a root", spec{}, func(s *span) any { return s.Kind }, ""},
		{"kind of a client", spec{local: true, within: annotate(tracing.Kind, "client")}, func(s *span) any { return s.Kind }, "CLIENT"},
		{"invalid kind", spec{within: annotate(tracing.Kind, "x")}, func(s *span) any { return s.Kind }, ""},
		{"duration", spec{duration: time.Millisecond}, func(s *span) any { return s.Duration }, int64(1000)},
		{"duration of less than a microsecond", spec{}, func(s *span) any { return s.Duration }, int64(1)},
		{"peer by name", spec{within: annotate(tracing.Peer, "Host:80")}, func(s *span) any { return *s.Remote }, address{Service: "host", Port: 80}},
		{"peer without port", spec{within: annotate(tracing.Peer, "host")}, func(s *span) any { return *s.Remote }, address{Service: "host"}},
		{"peer by IPv4", spec{within: annotate(tracing.Peer, "1.2.3.4:80")}, func(s *span) any { return *s.Remote }, address{IPv4: "1.2.3.4", Port: 80}},
		{"peer by IPv6", spec{within: annotate(tracing.Peer, "[::1]:80")}, func(s *span) any { return *s.Remote }, address{IPv6: "::1", Port: 80}},
		{"peer by IPv6 without port", spec{within: annotate(tracing.Peer, "[fe80::1%eth0]")}, func(s *span) any { return *s.Remote }, address{IPv6: "fe80::1"}},
		{"peer by mapped IPv4", spec{within: annotate(tracing.Peer, "[::ffff:1.2.3.4]:80")}, func(s *span) any { return *s.Remote }, address{IPv4: "1.2.3.4", Port: 80}},
		{"no peer", spec{}, func(s *span) any { return s.Remote == nil }, true},
		{"no annotations", spec{}, func(s *span) any { return len(s.Annotations) }, 0},
		{"panic", spec{panicked: true}, func(s *span) any { return s.Annotations[0].Value }, "panic"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.field(Options{Service: "svc"}.encode(tt.spec.span())); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTimestampsAreThoseOfTheSpan(t *testing.T) {
	s := spec{panicked: true, duration: time.Second}.span()
	got := Options{}.encode(s)
	if got.Timestamp != s.Span.Start().UnixMicro() || got.Annotations[0].Timestamp != s.Finish.UnixMicro() {
		t.Errorf("start %d, panic %d", got.Timestamp, got.Annotations[0].Timestamp)
	}
}

func TestChildHasTheIDOfItsParent(t *testing.T) {
	s := spec{local: true}.span()
	parent, _ := s.Span.ParentId()
	if got := (Options{}).encode(s); got.ParentID != tracing.SpanID(parent) || got.ID != tracing.SpanID(s.Span.Id()) {
		t.Errorf("%s below %s", got.ID, got.ParentID)
	}
}

// Callers without a span send the id 0.
func TestParentOfZeroIsNone(t *testing.T) {
	ctx := context.Background()
	monkit.NewRegistry().ScopeNamed("s").FuncNamed("f").RemoteTrace(&ctx, 0, monkit.NewTrace(1))(nil)
	s := monkit.SpanFromCtx(ctx)
	if got := (Options{}).encode(&tracing.FinishedSpan{Span: s, Finish: s.Start()}); got.ParentID != "" || got.Kind != "SERVER" {
		t.Errorf("parent %q, kind %q", got.ParentID, got.Kind)
	}
}

func TestOrphansHaveATag(t *testing.T) {
	s := monkit.NewRegistry().ScopeNamed("s")
	ctx := context.Background()
	end := s.FuncNamed("parent").Task(&ctx)
	defer s.FuncNamed("child").Task(&ctx)(nil)
	child := monkit.SpanFromCtx(ctx)
	for _, want := range []string{"", "true"} {
		got := (Options{}).encode(&tracing.FinishedSpan{Span: child, Finish: child.Start()})
		if got.Tags["monkit.orphaned"] != want || got.ParentID == "" {
			t.Errorf("orphaned: %q, want %q; parent %q", got.Tags["monkit.orphaned"], want, got.ParentID)
		}
		end(nil)
	}
}

func TestTagsAreBounded(t *testing.T) {
	s := spec{within: func(s *monkit.Span) {
		for i := range 2 * maxTags {
			s.Annotate(fmt.Sprint("k", i), strings.Repeat("x", 2*maxText))
		}
	}, err: io.EOF}.span()
	got := Options{}.encode(s)
	if n := len(got.Tags); n < maxTags || n > maxTags+8 {
		t.Errorf("%d tags", n)
	}
	if got.Tags["otel.dropped_attributes_count"] == "" || got.Tags["error"] != "EOF" {
		t.Error("tags of the exporter were dropped")
	}
	if n := len(got.Tags["k0"]); n != maxText {
		t.Errorf("%d bytes of text", n)
	}
}

func TestTagsBeyondTheBoundsAreDropped(t *testing.T) {
	tags := newTags()
	for range maxTags + 1 {
		tags.add("name", "value")
	}
	for i := range maxTags {
		tags.add(fmt.Sprint("k", i), "value") // the last has no room beside name
	}
	tags.add("k0", "second value")
	tags.set("error", strings.Repeat("x", maxText+1))
	if got := tags.dropped; got != 2 {
		t.Errorf("%d values were dropped, want 2", got)
	}
	var values []string
	if err := json.Unmarshal([]byte(tags.values()["name"]), &values); err != nil || len(values) != maxTags {
		t.Errorf("%d values of one name, %v", len(values), err)
	}
	if got := tags.values(); got["k0"] != `["value","second value"]` || len(got["error"]) != maxText || len(got) != maxTags+2 {
		t.Errorf("k0 is %s, error has %d bytes, %d tags", got["k0"], len(got["error"]), len(got))
	}
	tags.set("cut", strings.Repeat("€", maxText))
	if got := tags.values()["cut"]; got != strings.Repeat("€", maxText/3) {
		t.Errorf("a text ends with %q", got[len(got)-4:])
	}
	tags = newTags()
	tags.add(strings.Repeat("n", maxName+1), "value")
	if got := tags.values()[strings.Repeat("n", maxName)]; got != "value" {
		t.Errorf("a long name is not cut: %v", tags.values())
	}
}

func TestEverySpanIsALineOfJSON(t *testing.T) {
	for _, text := range []string{"", "two\nlines", "\xff", "\u2028", `"`, "\x00"} {
		s := spec{err: errors.New(text), within: func(s *monkit.Span) { s.Annotate("k"+text, text) }}.span()
		line := appendSpan([]byte("before\n"), s, Options{ErrorText: true})
		rest, ok := strings.CutPrefix(string(line), "before\n")
		if !ok || strings.Count(rest, "\n") != 1 || !json.Valid([]byte(rest)) {
			t.Errorf("%q became %q", text, line)
		}
	}
}

func TestArrayJoinsLines(t *testing.T) {
	for _, tt := range []struct{ lines, want string }{
		{"{}\n", "[{}]"}, {"1\n2\n", "[1,2]"}, {"1", "[1]"}, {"", "[]"},
	} {
		if got := string(array([]byte(tt.lines))); got != tt.want {
			t.Errorf("%q became %q, want %q", tt.lines, got, tt.want)
		}
	}
}

// All programs must decide alike, so the decision for an id never changes.
func TestFractionUsesTheLower56Bits(t *testing.T) {
	for _, tt := range []struct {
		id   int64
		want bool
	}{
		{0, true}, {1 << 54, true}, {1 << 55, false}, {1<<56 - 1, false}, {1 << 56, true}, {1<<56 | 1<<55, false}, {-1, false}, {-1 << 56, true},
	} {
		if got := (Options{Fraction: 0.5}).chooses(monkit.NewTrace(tt.id)); got != tt.want {
			t.Errorf("%016x chosen: %v, want %v", uint64(tt.id), got, tt.want)
		}
	}
}

func TestFractionOfTracesIsChosen(t *testing.T) {
	const traces = 20000
	for _, tt := range []struct{ fraction, want float64 }{{0, 1}, {1, 1}, {0.25, 0.25}, {-1, 0}, {7, 1}} {
		o := Options{Fraction: tt.fraction}.withDefaults()
		chosen := 0.0
		for range traces {
			trace := monkit.NewTrace(monkit.NewId())
			if o.chooses(trace) {
				chosen++
			}
			if o.chooses(trace) != o.chooses(monkit.NewTrace(trace.Id())) {
				t.Fatal("two decisions about one trace")
			}
		}
		// Five standard deviations: less than one run in a million fails.
		if got := chosen / traces; math.Abs(got-tt.want) > 5*math.Sqrt(tt.want*(1-tt.want)/traces) {
			t.Errorf("fraction %v chooses %v, want %v", tt.fraction, got, tt.want)
		}
	}
}
