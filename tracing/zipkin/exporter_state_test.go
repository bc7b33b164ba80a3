package zipkin

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

var (
	_ reporters.Logging      = (*Exporter)(nil)
	_ reporters.Availability = (*Exporter)(nil)
	_ reporters.Quarantine   = (*Exporter)(nil)
	_ reporters.Monitored    = (*Exporter)(nil)
)

// text is a logger that writes to a string.
func text(to *strings.Builder) *slog.Logger { return slog.New(slog.NewTextHandler(to, nil)) }

func TestLoggerOfTheOptionsWins(t *testing.T) {
	rejects := newServer(t, func(string) int { return http.StatusBadRequest })
	for _, tt := range []struct {
		name, addr string
		own        bool // Options have a logger
		want       string
	}{
		{"rejected spans, own logger", rejects.URL, true, "lines were dropped"},
		{"rejected spans, logger that is set", rejects.URL, false, "lines were dropped"},
		{"invalid address, own logger", "udp://h:1", true, "no traces are exported"},
		{"invalid address, logger that is set", "udp://h:1", false, "no traces are exported"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var own, set strings.Builder
			r := monkit.NewRegistry()
			o := Options{Registry: r}
			if tt.own {
				o.Logger = text(&own)
			}
			e := NewWith(tt.addr, o)
			if !e.SetLogger(nil) || !e.SetLogger(text(&set)) {
				t.Error("the exporter says that it does not log")
			}
			run(r.ScopeNamed("s"), "a")
			e.Close(withTimeout(t))
			if got := own.String(); strings.Contains(got, tt.want) != tt.own {
				t.Errorf("the options' logger has %q", got)
			}
			if got := set.String(); strings.Contains(got, tt.want) == tt.own {
				t.Errorf("the other logger has %q", got)
			}
		})
	}
}

// The address is invalid, since no server can be in the bubble: the spans that are
// left of each interval are dropped as send_failed.
func TestSpansBeyondMaxSpansAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		var log strings.Builder
		e := NewWith("udp://h:1", Options{Registry: r, Interval: 1000 * time.Hour, MaxSpans: 2, Logger: text(&log)})
		for i, step := range []struct {
			spans int
			wait  time.Duration
			want  string // the new record; "" if there is none
		}{
			{0, 0, ""}, {2, 0, ""}, {5, 0, "dropped=3 more=0"}, {5, 0, ""}, {5, 59 * time.Second, ""},
			{0, time.Minute, ""}, {3, 0, "dropped=10 more=2"}, {2, 2 * time.Minute, ""},
		} {
			time.Sleep(step.wait)
			log.Reset()
			e.encoding.Lock() // stops exportWaiting
			run(r.ScopeNamed("s"), slices.Repeat([]string{"a"}, step.spans)...)
			e.encoding.Unlock()
			if err := e.Flush(t.Context()); err != e.addrErr {
				t.Error(err)
			}
			synctest.Wait() // for run, which may log as well
			got := log.String()
			if step.want == "" && got != "" || !strings.Contains(got, step.want) || strings.Count(got, "\n") > 1 {
				t.Errorf("step %d: logged %q, want %q", i, got, step.want)
			}
		}
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
		check(t, e, ledger.Ledger{Accepted: 22, Dropped: ledger.Counts{ledger.QueueFull: 10, ledger.SendFailed: 12}})
	})
}

func TestExporterSaysWhyItsServerGetsNothing(t *testing.T) {
	srv, down := newServerThatIsDown(t)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r})
	if err := e.Unavailable(); err != nil {
		t.Errorf("before the first request: %v", err)
	}
	run(r.ScopeNamed("s"), "a")
	e.exportWaiting()
	for deadline := time.Now().Add(20 * time.Second); e.Unavailable() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a server that responds with 503 is available")
		}
	}
	if err := e.Unavailable(); !strings.Contains(err.Error(), "503") {
		t.Error(err)
	}
	down.Store(false)
	if st, ok := e.SenderStats(); !ok || st.Unavailable == nil || st.FailingSince.IsZero() || st.Ledger.Pending == 0 || st.Ledger.Check() != nil {
		t.Errorf("while it fails: %+v, %v", st, ok)
	}
	if err := e.Flush(withTimeout(t)); err != nil || e.Unavailable() != nil {
		t.Errorf("after recovery: %v, %v", err, e.Unavailable())
	}
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	check(t, e, ledger.Ledger{Accepted: 1, Delivered: 1})

	e = NewWith("udp://h:1", Options{Registry: r})
	if err := e.Unavailable(); err == nil || !strings.Contains(err.Error(), "zipkin: ") || e.RejectedLines() != nil {
		t.Errorf("with an invalid address: %v", err)
	}
	e.Close(withTimeout(t))
}

func TestRejectedSpansAreKeptForAPerson(t *testing.T) {
	srv := newServer(t, rejectBad)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r})
	run(r.ScopeNamed("s"), "a", "bad", "c")
	e.Close(withTimeout(t))
	got := e.RejectedLines()
	if len(got) != 1 || !strings.Contains(got[0].Text, `"s.bad"`) || !strings.Contains(got[0].Err, "400") || !strings.HasPrefix(got[0].Destination, "zipkin+http://") {
		t.Errorf("kept %+v", got)
	}
	check(t, e, ledger.Ledger{Accepted: 3, Delivered: 2, Dropped: ledger.Counts{ledger.Rejected: 1}})
}

// Spans that wait are sent in requests of that size, not of the payloads that
// they were passed in.
func TestWaitingSpansAreJoined(t *testing.T) {
	srv, down := newServerThatIsDown(t)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, Interval: time.Hour})
	const rounds, spans = 10, 100
	for range rounds {
		run(r.ScopeNamed("s"), slices.Repeat([]string{"a"}, spans)...)
		e.exportWaiting()
	}
	down.Store(false)
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	if len(srv.spans) != rounds*spans || len(srv.paths) > 2 {
		t.Errorf("%d spans in %d requests, want %d in one or two", len(srv.spans), len(srv.paths), rounds*spans)
	}
	if got := slices.Max(srv.sizes); got <= 64<<10 || got > maxPayload+len("[]") {
		t.Errorf("the largest request has %d bytes", got)
	}
	check(t, e, ledger.Ledger{Accepted: rounds * spans, Delivered: rounds * spans})
}

// A payload of maxPayload would be dropped by a queue that is smaller.
func TestPayloadsFitIntoASmallQueue(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, Interval: time.Hour, MaxBytes: 128 << 10})
	const spans = 400
	run(r.ScopeNamed("s"), slices.Repeat([]string{"a"}, spans)...)
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	if got := slices.Max(srv.sizes); got > 16<<10+len("[]") {
		t.Errorf("a request of %d bytes, want at most an eighth of the queue", got)
	}
	check(t, e, ledger.Ledger{Accepted: spans, Delivered: spans})
}
