package send

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// courier#1193: code of the program that the library calls in a goroutine of its
// own, such as one that gets a token, must not end the process.
func TestLinesWaitForAHeaderFunctionThatPanics(t *testing.T) {
	var calls atomic.Int64
	failing := func(h http.Header) {
		if calls.Add(1) == 1 {
			panic("no token yet")
		}
		h.Set("X-Token", "secret")
	}
	for _, tt := range []struct {
		name string
		o    DialOptions
		want string
	}{
		{"Authorize", DialOptions{Authorize: func(h http.Header) error { failing(h); return nil }}, "the function that returns credentials panicked: no token yet"},
		{"Header", DialOptions{Header: failing}, "the function that changes headers panicked: no token yet"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			calls.Store(0)
			var heads []string
			srv := newServer(t, func(_ http.ResponseWriter, r *http.Request) { heads = append(heads, r.Header.Get("X-Token")) })
			var log strings.Builder // written by the sender, which Close joins
			o := fast
			o.Logger = logTo(&log)
			s := New(open(t, srv, tt.o), o)
			mustSend(t, s, "a 1\n", 1)
			if err := s.Close(within(t, 20*time.Second)); err != nil {
				t.Error(err)
			}
			if len(heads) != 1 || heads[0] != "secret" {
				t.Errorf("the requests have the headers %q, want one with the token", heads)
			}
			if !strings.Contains(log.String(), tt.want) {
				t.Errorf("logged, without %q:\n%s", tt.want, log.String())
			}
			checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
		})
	}
}

func TestHeaderFunctionThatBlocksHoldsOneGoroutine(t *testing.T) {
	for name, o := range map[string]func(block func()) DialOptions{
		"Authorize": func(block func()) DialOptions {
			return DialOptions{Authorize: func(http.Header) error { block(); return nil }}
		},
		"Header": func(block func()) DialOptions { return DialOptions{Header: func(http.Header) { block() }} },
	} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, func(http.ResponseWriter, *http.Request) {})
			released := make(chan struct{})
			options := o(func() { <-released })
			options.Timeout = time.Millisecond
			tr := open(t, srv, options).(Messenger)
			defer tr.Close()
			before := runtime.NumGoroutine()
			for i, want := range []string{"did not return in time", "has not returned since", "has not returned since", "has not returned since"} {
				err := tr.Deliver(t.Context(), []byte("a 1\n"))
				if err == nil || classify(err).kind != retry || !strings.Contains(err.Error(), want) {
					t.Errorf("request %d returns %v, want %q", i, err, want)
				}
			}
			if after := runtime.NumGoroutine(); after > before+1 {
				t.Errorf("%d goroutines after four requests, %d before them", after, before)
			}
			close(released)
		})
	}
}

// panickingHandler is a log handler that panics.
type panickingHandler struct {
	slog.Handler
	records atomic.Int64
}

func (h *panickingHandler) Handle(context.Context, slog.Record) error {
	h.records.Add(1)
	panic("log handler")
}

func TestLoggerThatPanicsDoesNotEndTheSender(t *testing.T) {
	for name, use := range map[string]func(o *Options, l *slog.Logger) (later *slog.Logger){
		"of the options": func(o *Options, l *slog.Logger) *slog.Logger { o.Logger = l; return nil },
		"set later":      func(_ *Options, l *slog.Logger) *slog.Logger { return l },
	} {
		t.Run(name, func(t *testing.T) {
			h := &panickingHandler{Handler: slog.Default().Handler()}
			o := fast
			later := use(&o, slog.New(h))
			s := New(&fakeMessenger{answer: always(errDown)}, o)
			if later != nil {
				s.SetLogger(later)
			}
			mustSend(t, s, "a 1\n", 1)
			waitFailing(s)
			if err := s.Close(within(t, time.Millisecond)); err == nil {
				t.Error("Close returns no error")
			}
			if h.records.Load() == 0 {
				t.Error("nothing was logged")
			}
			checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
		})
	}
}
