package zipkin

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"monkit.example/internal/push"
	"monkit.example/internal/safelog"
	"monkit.example/internal/send"
	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
	"monkit.example/tracing"
)

// Exporter sends the sampled traces of a registry to a server. All methods are
// safe for concurrent use. Lock order: encoding before mu.
type Exporter struct {
	opts    Options
	out     *send.Sender  // nil if the address is invalid
	addrErr error         // why the address is invalid
	cancel  func()        // stops observing
	wake    chan struct{} // wakes run before the end of the interval
	stop    chan struct{} // closed to stop run
	done    chan struct{} // closed when run has returned
	close   sync.Once
	log     push.Log // of dropped spans

	encoding sync.Mutex
	buf      []byte // guarded by encoding

	mu      sync.Mutex
	waiting []*tracing.FinishedSpan // guarded by mu; a ring once it has MaxSpans
	oldest  int                     // guarded by mu; index in waiting
	closed  bool                    // guarded by mu
	counts  ledger.Ledger           // guarded by mu; of the spans that the sender does not count
	dropped int64                   // guarded by mu; spans that logDropped has seen
}

var (
	_ monkit.SpanObserver = (*Exporter)(nil)
	_ monkit.TotalSource  = (*Exporter)(nil)
	_ ledger.Keeper       = (*Exporter)(nil)
)

// New returns an exporter that sends to addr, such as "localhost:9411" or
// "https://zipkin.example/api/v2/spans". If addr is invalid, the exporter drops
// all spans, and Flush returns the reason. Close must be called.
func New(addr string) *Exporter { return NewWith(addr, Options{}) }

// NewWith is New with options.
func NewWith(addr string, o Options) *Exporter {
	e := &Exporter{
		opts: o.withDefaults(),
		wake: make(chan struct{}, 1),
		stop: make(chan struct{}),
		done: make(chan struct{}),
	}
	e.out, e.addrErr = open(addr, e.opts)
	if o.Logger != nil {
		e.setLogger(o.Logger)
	}
	e.cancel = tracing.ObserveSampledTraces(e.opts.Registry, e.opts.chooses, e)
	go e.run()
	return e
}

// Start implements monkit.SpanObserver.
func (e *Exporter) Start(*monkit.Span) {}

// Finish implements monkit.SpanObserver. It never waits for the server.
func (e *Exporter) Finish(s *monkit.Span, err error, panicked bool, finish time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts.Accepted++
	if e.closed {
		e.counts.Drop(ledger.Closed, 1)
		return
	}
	e.addLocked(&tracing.FinishedSpan{Span: s, Err: err, Panicked: panicked, Finish: finish})
	if len(e.waiting) == e.opts.MaxSpans/2 {
		select {
		case e.wake <- struct{}{}:
		default:
		}
	}
}

// addLocked adds s to waiting. If waiting is full, s replaces the oldest span.
func (e *Exporter) addLocked(s *tracing.FinishedSpan) {
	if len(e.waiting) < e.opts.MaxSpans {
		e.waiting = append(e.waiting, s)
		e.counts.Pending++
		return
	}
	e.waiting[e.oldest] = s
	e.oldest = (e.oldest + 1) % len(e.waiting)
	e.counts.Drop(ledger.QueueFull, 1)
}

// takeWaiting removes and returns the waiting spans.
func (e *Exporter) takeWaiting() []*tracing.FinishedSpan {
	e.mu.Lock()
	defer e.mu.Unlock()
	spans := e.waiting
	e.waiting, e.oldest = nil, 0
	return spans
}

// run exports the waiting spans every interval, until stop is closed.
func (e *Exporter) run() {
	defer close(e.done)
	ticker := time.NewTicker(e.opts.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-e.stop:
			return
		case <-ticker.C:
		case <-e.wake:
		}
		e.exportWaiting()
		e.logDropped()
	}
}

// exportWaiting encodes the waiting spans and passes them to the sender.
func (e *Exporter) exportWaiting() {
	e.encoding.Lock()
	defer e.encoding.Unlock()
	spans := 0
	for _, s := range e.takeWaiting() {
		start := len(e.buf)
		e.buf = appendSpan(e.buf, s, e.opts)
		if len(e.buf) > e.opts.payloadSize() {
			e.sendEncoded(start, spans)
			spans = 0
		}
		spans++
	}
	e.sendEncoded(len(e.buf), spans)
}

// sendEncoded passes the first n bytes of buf, which are that many spans, to the
// sender. The caller has locked encoding.
func (e *Exporter) sendEncoded(n, spans int) {
	if n == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts.Pending -= int64(spans)
	err := e.addrErr
	if err == nil {
		err = e.out.Send(context.Background(), e.buf[:n], spans)
	}
	if err != nil {
		e.counts.Drop(ledger.ReasonOf(err), int64(spans))
	}
	e.buf = append(e.buf[:0], e.buf[n:]...)
}

// logDropped logs that Finish has dropped spans since the last call.
func (e *Exporter) logDropped() {
	e.mu.Lock()
	all := e.counts.Dropped[ledger.QueueFull]
	dropped := all - e.dropped
	e.dropped = all
	e.mu.Unlock()
	if dropped > 0 {
		e.log.Record(slog.LevelWarn, "spans were dropped, because more than MaxSpans ended in an interval", "exporter", "zipkin", "dropped", all)
	}
}

// Flush waits until all spans that have ended are delivered or dropped, or
// until ctx ends.
func (e *Exporter) Flush(ctx context.Context) error {
	e.exportWaiting()
	e.logDropped()
	if e.out == nil {
		return e.addrErr
	}
	return e.out.Flush(ctx)
}

// Close stops observing, flushes until ctx ends, drops the remaining spans and
// waits for all goroutines. Later calls wait for the first.
func (e *Exporter) Close(ctx context.Context) error {
	e.close.Do(func() {
		e.cancel()
		e.mu.Lock()
		e.closed = true
		e.mu.Unlock()
		close(e.stop)
		<-e.done
		e.exportWaiting()
		e.logDropped()
	})
	if e.out == nil {
		return nil
	}
	return e.out.Close(ctx)
}

// SetLogger sets the logger, unless Options have one, as that of a
// reporters.Logging. It returns true: failures are logged.
func (e *Exporter) SetLogger(l *slog.Logger) (logs bool) {
	if e.opts.Logger == nil && l != nil {
		e.setLogger(l)
	}
	return true
}

// setLogger sets the logger, and logs an invalid address.
func (e *Exporter) setLogger(l *slog.Logger) {
	l = safelog.Wrap(l)
	e.log.SetLogger(l)
	if e.out == nil {
		l.Error("no traces are exported", "err", e.addrErr)
		return
	}
	e.out.SetLogger(l)
}

// Unavailable returns why the server does not get its spans at present: the
// address is invalid, deliveries fail, or spans were dropped a short while ago by
// the sender. It is nil if it gets them.
func (e *Exporter) Unavailable() error {
	if e.out == nil {
		return e.addrErr
	}
	return e.out.Unavailable()
}

// RejectedLines returns the newest spans that the server rejected, oldest first,
// each as a line of JSON. They may have private arguments or texts of errors, if
// Options ask for these.
func (e *Exporter) RejectedLines() []ledger.RejectedLine {
	if e.out == nil {
		return nil
	}
	return e.out.RejectedLines()
}

// SenderStats returns what is known about the server and what waits for it, as a
// reporters.Monitored. Its Ledger is that of all spans. It reports false if the
// address is invalid.
func (e *Exporter) SenderStats() (stats ledger.SenderStats, ok bool) {
	if e.out == nil {
		return stats, false
	}
	stats, ok = e.out.SenderStats()
	stats.Ledger = e.Ledger()
	return stats, ok
}

// Ledger returns the counts of all spans.
func (e *Exporter) Ledger() ledger.Ledger {
	e.mu.Lock()
	defer e.mu.Unlock()
	sum := e.counts.Clone()
	if e.out != nil {
		l := e.out.Ledger()
		l.Accepted = 0 // counts has them already
		sum = sum.Add(l)
	}
	return sum
}

// Stats emits the series trace_spans, which counts the spans up to the sender,
// and the series send of the sender, whose lines are spans.
func (e *Exporter) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	e.mu.Lock()
	counts := e.counts.Clone()
	e.mu.Unlock()
	cb(spansKey, "accepted", float64(counts.Accepted))
	cb(spansKey, "pending", float64(counts.Pending))
	for i, reason := range reasons {
		cb(reasonKeys[i], "dropped", float64(counts.Dropped[reason]))
	}
	if e.out != nil {
		e.out.Stats(cb)
	}
}

// IsTotal reports that all counts of spans are totals but the pending ones, and
// asks the sender about its series.
func (e *Exporter) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if key.Measurement == spansKey.Measurement {
		return field != "pending", true
	}
	if e.out != nil {
		return e.out.IsTotal(key, field)
	}
	return false, false
}

// reasons are all by which an Exporter drops spans, and reasonKeys the series
// of their counts.
var (
	spansKey   = monkit.NewSeriesKey("trace_spans").WithTag("exporter", "zipkin")
	reasons    = [...]ledger.Reason{ledger.QueueFull, ledger.Closed, ledger.SendFailed}
	reasonKeys = func() (keys [len(reasons)]monkit.SeriesKey) {
		for i, reason := range reasons {
			keys[i] = spansKey.WithTag("reason", string(reason))
		}
		return keys
	}()
)
