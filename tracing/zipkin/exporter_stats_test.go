package zipkin

import (
	"context"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
)

func TestStatsCountSpans(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r})
	run(r.ScopeNamed("s"), "a")
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	ctx := context.Background()
	defer r.ScopeNamed("s").FuncNamed("f").Task(&ctx)(nil)
	e.Finish(monkit.SpanFromCtx(ctx), nil, false, time.Now()) // is dropped as closed
	got := monkit.Collect(e)
	for name, want := range map[string]float64{
		"trace_spans,exporter=zipkin accepted":                                 2,
		"trace_spans,exporter=zipkin pending":                                  0,
		"trace_spans,exporter=zipkin,reason=queue_full dropped":                0,
		"trace_spans,exporter=zipkin,reason=closed dropped":                    1,
		"send,destination=zipkin+" + srv.URL + "/api/v2/spans delivered_lines": 1,
	} {
		if val, ok := got[name]; !ok || val != want {
			t.Errorf("%s is %v, %v, want %v in %v", name, val, ok, want, got)
		}
	}
}

func TestOnlyWaitingSpansAreNoTotals(t *testing.T) {
	e := NewWith(newServer(t, acceptAll).URL, Options{Registry: monkit.NewRegistry()})
	defer e.Close(withTimeout(t))
	seen := 0
	e.Stats(func(key monkit.SeriesKey, field string, _ float64) {
		if key.Measurement != "trace_spans" {
			field = "sender: " + field
		} else {
			seen++
		}
		total, known := e.IsTotal(key, strings.TrimPrefix(field, "sender: "))
		if !known || key.Measurement == "trace_spans" && total != (field != "pending") {
			t.Errorf("%s: total is %v (known: %v)", key.WithField(field), total, known)
		}
	})
	if seen != 2+len(reasons) {
		t.Errorf("Stats emits %d values of trace_spans, want %d", seen, 2+len(reasons))
	}
	if _, known := e.IsTotal(monkit.NewSeriesKey("other"), "x"); known {
		t.Error("a series of another source is known")
	}
}

func TestStatsShowWaitingAndDroppedSpans(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, Interval: time.Hour, MaxSpans: 2})
	defer e.Close(withTimeout(t))
	e.encoding.Lock() // stops exportWaiting
	defer e.encoding.Unlock()
	run(r.ScopeNamed("s"), "a", "b", "c")
	got := monkit.Collect(e)
	for name, want := range map[string]float64{
		"trace_spans,exporter=zipkin accepted":                  3,
		"trace_spans,exporter=zipkin pending":                   2,
		"trace_spans,exporter=zipkin,reason=queue_full dropped": 1,
	} {
		if val := got[name]; val != want {
			t.Errorf("%s is %v, want %v", name, val, want)
		}
	}
}
