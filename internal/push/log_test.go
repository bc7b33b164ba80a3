package push

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/loglimit"
	"monkit.example/reporters"
)

// chatty is a transport that logs.
type chatty struct {
	peer
	Log
}

func (c *chatty) Deliver(context.Context, []byte) error {
	c.Record(slog.LevelWarn, "hello", "to", "you")
	return nil
}

func TestRecordsAreAMinuteApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		var l Log
		l.Record(slog.LevelWarn, "before there is a logger")
		l.SetLogger(slog.New(slog.NewTextHandler(&log, nil)))
		for range 100 {
			l.Record(slog.LevelWarn, "hello")
		}
		time.Sleep(loglimit.Interval - time.Nanosecond)
		l.Record(slog.LevelWarn, "hello")
		if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "msg=hello more=0") {
			t.Errorf("logged %s", got)
		}
		log.Reset()
		time.Sleep(time.Nanosecond)
		l.Record(slog.LevelError, "hello", "to", "you")
		if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=ERROR msg=hello to=you more=100") {
			t.Errorf("logged %s", got)
		}
		log.Reset()
		time.Sleep(loglimit.Interval)
		l.Record(slog.LevelWarn, "hello")
		if got := log.String(); !strings.Contains(got, "more=0") {
			t.Errorf("logged %s", got)
		}
	})
}

func TestTransportLogsToTheLoggerOfItsReporter(t *testing.T) {
	for _, tt := range []struct {
		name        string
		own, others bool // whether hello is logged by the logger of the options, or of the collector
	}{
		{"of the collector", false, true},
		{"of the options", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var own, others strings.Builder
			o := Options{Name: "x", MaxPayload: 1000}
			if tt.own {
				o.Send.Logger = slog.New(slog.NewTextHandler(&own, nil))
			}
			p, err := New(words{}, &chatty{}, o)
			if err != nil {
				t.Fatal(err)
			}
			if !p.SetLogger(slog.New(slog.NewTextHandler(&others, nil))) {
				t.Error("the sender does not log its failures")
			}
			if err := p.Report(t.Context(), &reporters.Batch{Points: []reporters.Point{{Field: "f"}}}); err != nil {
				t.Error(err)
			}
			if err := p.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if st, ok := p.SenderStats(); !ok || st.Destination != "x" || st.Ledger.Delivered != 1 || st.SendTime.Count != 1 || st.QueueMaxBytes == 0 {
				t.Errorf("the stats are %+v, %v", st, ok)
			}
			if l := p.Ledger(); l.Check() != nil || l.Delivered != 1 {
				t.Errorf("ledger: %v", l)
			}
			if strings.Contains(own.String(), "hello") != tt.own || strings.Contains(others.String(), "hello") != tt.others {
				t.Errorf("the options' logger has %q, the collector's %q", &own, &others)
			}
		})
	}
}
