package relay

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/influx"
	"monkit.example/reporters/statsd"
)

// fake is a reporter that counts lines and returns err.
type fake struct {
	err       error
	lines     int
	remaining time.Duration // until the deadline of Close
}

func (f *fake) Report(_ context.Context, b *reporters.Batch) error {
	f.lines += len(b.Lines)
	return f.err
}

func (f *fake) Flush(context.Context) error { return f.err }

func (f *fake) Close(ctx context.Context) error {
	if end, ok := ctx.Deadline(); ok {
		f.remaining = time.Until(end)
	}
	return f.err
}

// logTo returns a logger that writes text to w.
func logTo(w *bytes.Buffer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// logText is a log that may be read while it is written.
type logText struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestConfigDefaults(t *testing.T) {
	if c := (Config{}).withDefaults(); c.Aggregate != 10*time.Second || c.Drain != 5*time.Second || c.Logger == nil {
		t.Errorf("the defaults are %+v", c)
	}
	if c := (Config{Aggregate: 1, Drain: 2}).withDefaults(); c.Aggregate != 1 || c.Drain != 2 {
		t.Errorf("the defaults replace %+v", c)
	}
}

func TestOnlyOtherFormatsNeedAggregates(t *testing.T) {
	for _, tt := range []struct {
		listener, destination string
		want                  bool
	}{
		{statsd.Format, graphite.Format, true},
		{statsd.Format, influx.Format, true},
		{statsd.Format, statsd.Format, false},
		{statsd.Format, "", false}, // a reporter in this process
		{graphite.Format, influx.Format, false},
		{graphite.Format, statsd.Format, false},
		{influx.Format, "", false},
	} {
		d := &destination{format: tt.destination}
		if got := d.needsAggregate(formatOf(tt.listener)); got != tt.want {
			t.Errorf("%s lines to %q are aggregated: %v, want %v", tt.listener, tt.destination, got, tt.want)
		}
	}
}

func TestDestinationsOfOneNameAreNumbered(t *testing.T) {
	const forward = "graphite+tcp://127.0.0.1:1"
	r, err := New(Config{
		Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{forward, forward},
		Destinations: []Destination{{forward, &fake{}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.closeUnused()
	var names []string
	for _, d := range r.destinations {
		names = append(names, d.Name)
	}
	if got, want := strings.Join(names, " "), forward+" "+forward+"#2 "+forward+"#3"; got != want {
		t.Errorf("the destinations are %s, want %s", got, want)
	}
}

func TestFailuresOfDestinationsAreLogged(t *testing.T) {
	var log bytes.Buffer // which slog's handlers lock
	broken, works := &fake{err: errors.New("broken")}, &fake{}
	r := start(t, Config{
		Listen: []string{"graphite+udp://127.0.0.1:0"}, Destinations: []Destination{{"first", broken}, {"second", works}},
		Logger: logTo(&log),
	})
	write(t, dial(t, r.Addrs()[0]), "a.b 1 1700000000\n")
	waitFor(t, "acceptance", func() bool { return r.Ledger().Received().Accepted == 1 })
	r.stop(t)
	for _, want := range []string{
		`level=WARN msg="reporting to a destination failed" destination=first err=broken`,
		`level=WARN msg="closing a destination failed" destination=first err=broken`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "destination=second") || works.lines != 1 {
		t.Errorf("the second destination received %d lines, and the log is\n%s", works.lines, log.String())
	}
}

func TestFanOutLogsFailuresAndGoesOn(t *testing.T) {
	broken, works := &fake{err: errors.New("broken")}, &fake{}
	var failed []string
	f := fanOut{
		destinations: []*destination{{Destination: Destination{"first", broken}}, {Destination: Destination{"second", works}}},
		log:          func(d *destination, err error) { failed = append(failed, d.Name+" "+err.Error()) },
	}
	b := &reporters.Batch{Points: make([]reporters.Point, 3), Lines: make([]reporters.Line, 1)}
	if err := f.Report(t.Context(), b); err != nil {
		t.Error(err)
	}
	if got := strings.Join(failed, ", "); got != "first broken" || works.lines != 1 || f.reported() != 3 {
		t.Errorf("logged %q, %d lines to the second, %d points", got, works.lines, f.reported())
	}
}

func TestDestinationsMayUseTheDrain(t *testing.T) {
	d := &fake{}
	r := start(t, Config{
		Listen: []string{"graphite+udp://127.0.0.1:0"}, Destinations: []Destination{{"d", d}}, Drain: time.Hour,
	})
	r.stop(t)
	if d.remaining > time.Hour || d.remaining < 30*time.Minute {
		t.Errorf("Close has %v, want almost 1h", d.remaining)
	}
}

func TestSendersLogToTheLoggerOfTheRelay(t *testing.T) {
	var log bytes.Buffer
	r := start(t, Config{
		Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{"graphite+unix://" + noSocket(t)},
		Drain: time.Millisecond, Logger: logTo(&log),
	})
	write(t, dial(t, r.Addrs()[0]), "a.b 1 1700000000\n")
	waitFor(t, "acceptance", func() bool { return r.Ledger().Received().Accepted == 1 })
	r.stop(t)
	own := strings.Count(log.String(), `msg="closing a destination failed"`)
	if n := strings.Count(log.String(), "destination=graphite+unix://"); own != 1 || n < 2 {
		t.Errorf("%d lines of the sender in the log:\n%s", n-own, log.String())
	}
}

func TestAggregatesThatAreNotSentAreLogged(t *testing.T) {
	var log bytes.Buffer
	r := start(t, Config{
		Listen: []string{"statsd+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + refusingAddr(t)},
		Drain: time.Nanosecond, Logger: logTo(&log),
	})
	r.end()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	if want := `msg="sending the last aggregates failed"`; !strings.Contains(log.String(), want) {
		t.Errorf("the log lacks %q:\n%s", want, log.String())
	}
}

func TestAggregatesAreSentAtTheirInterval(t *testing.T) {
	s := faultsink.NewTCP(t)
	r := start(t, Config{
		Listen: []string{"statsd+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}, Aggregate: 20 * time.Millisecond,
	})
	write(t, dial(t, r.Addrs()[0]), "a:1|c\n")
	waitFor(t, "the fourth report", func() bool { return strings.Count(text(s), "a.total 1 ") >= 4 }) // takes 30 s by default
	r.stop(t)
}

func TestReceiveBufferHasTheSizeOfTheConfig(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not report the size")
	}
	const size = 64 << 10
	r, err := New(Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Destinations: []Destination{{"d", &fake{}}}, RcvBuf: size})
	if err != nil {
		t.Fatal(err)
	}
	defer r.closeUnused()
	var got float64
	r.Stats(func(_ monkit.SeriesKey, field string, val float64) {
		if field == "rcvbuf_bytes" {
			got = val
		}
	})
	if got != size {
		t.Errorf("rcvbuf_bytes is %v, want %d", got, size)
	}
}
