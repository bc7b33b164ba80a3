package zipkin

import (
	"context"
	"sync"
	"time"

	"monkit.example/internal/send"
	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
	"monkit.example/tracing"
)

// maxPayload is how much is sent at a time. Zipkin takes more; this much is
// quick to send again.
const maxPayload = 256 << 10

// Exporter sends the sampled traces of a registry. Its methods may be called
// from anywhere.
type Exporter struct {
	opts   Options
	out    *send.Sender // nil if the address is wrong
	wrong  error        // why
	cancel func()       // ends observing
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}
	close  sync.Once

	encoding sync.Mutex // one encodes at a time; taken before mu
	buf      []byte     // guarded by encoding

	mu      sync.Mutex
	waiting []*tracing.FinishedSpan // guarded by mu
	oldest  int                     // guarded by mu; where the oldest is once waiting is full
	closed  bool                    // guarded by mu
	counts  ledger.Ledger           // guarded by mu; what the sender does not count
}

var (
	_ monkit.SpanObserver = (*Exporter)(nil)
	_ monkit.StatSource   = (*Exporter)(nil)
	_ ledger.Keeper       = (*Exporter)(nil)
)

// New returns an exporter that sends to addr, such as "localhost:9411" or
// "https://zipkin.example/api/v2/spans". If addr is wrong, the exporter drops
// what it gets; Flush says why. Close must be called.
func New(addr string) *Exporter { return NewWith(addr, Options{}) }

// NewWith is New with options.
func NewWith(addr string, o Options) *Exporter {
	e := &Exporter{
		opts: o.withDefaults(),
		wake: make(chan struct{}, 1),
		stop: make(chan struct{}),
		done: make(chan struct{}),
	}
	if e.out, e.wrong = open(addr, e.opts); e.wrong != nil {
		e.opts.Logger.Error("no traces are exported", "err", e.wrong)
	}
	e.cancel = tracing.ObserveSampledTraces(e.opts.Registry, e.opts.chooses, e)
	go e.run()
	return e
}

// Start implements monkit.SpanObserver.
func (e *Exporter) Start(*monkit.Span) {}

// Finish implements monkit.SpanObserver: it takes s over. It never waits.
func (e *Exporter) Finish(s *monkit.Span, err error, panicked bool, finish time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts.Accepted++
	if e.closed {
		e.counts.Drop(ledger.Closed, 1)
		return
	}
	e.add(&tracing.FinishedSpan{Span: s, Err: err, Panicked: panicked, Finish: finish})
	if len(e.waiting) == e.opts.MaxSpans/2 {
		select {
		case e.wake <- struct{}{}:
		default:
		}
	}
}

// add puts s in, in place of the oldest if there is no room. mu is held.
func (e *Exporter) add(s *tracing.FinishedSpan) {
	if len(e.waiting) < e.opts.MaxSpans {
		e.waiting = append(e.waiting, s)
		e.counts.Pending++
		return
	}
	e.waiting[e.oldest] = s
	e.oldest = (e.oldest + 1) % len(e.waiting)
	e.counts.Drop(ledger.QueueFull, 1)
}

// take empties waiting.
func (e *Exporter) take() []*tracing.FinishedSpan {
	e.mu.Lock()
	defer e.mu.Unlock()
	taken := e.waiting
	e.waiting, e.oldest = nil, 0
	return taken
}

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
		e.handOver()
	}
}

// handOver encodes what waits and gives it to the sender.
func (e *Exporter) handOver() {
	e.encoding.Lock()
	defer e.encoding.Unlock()
	spans := 0
	for _, s := range e.take() {
		start := len(e.buf)
		e.buf = appendSpan(e.buf, s, e.opts)
		if len(e.buf) > maxPayload && start > 0 {
			e.send(start, spans)
			spans = 0
		}
		spans++
	}
	e.send(len(e.buf), spans)
}

// send hands over the first n bytes of buf, which are that many spans.
func (e *Exporter) send(n, spans int) {
	if n == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts.Pending -= int64(spans)
	if e.out == nil || e.out.Send(context.Background(), e.buf[:n], spans) != nil {
		e.counts.Drop(ledger.SendFailed, int64(spans))
	}
	e.buf = append(e.buf[:0], e.buf[n:]...)
}

// Flush waits until all spans that have ended are delivered or dropped, or ctx
// ends.
func (e *Exporter) Flush(ctx context.Context) error {
	e.handOver()
	if e.out == nil {
		return e.wrong
	}
	return e.out.Flush(ctx)
}

// Close ends observing, flushes until ctx ends, drops what is left and joins
// all goroutines. Later calls wait for the first.
func (e *Exporter) Close(ctx context.Context) error {
	e.close.Do(func() {
		e.cancel()
		e.mu.Lock()
		e.closed = true
		e.mu.Unlock()
		close(e.stop)
		<-e.done
		e.handOver()
	})
	if e.out == nil {
		return nil
	}
	return e.out.Close(ctx)
}

// Ledger accounts for every span.
func (e *Exporter) Ledger() ledger.Ledger {
	e.mu.Lock()
	defer e.mu.Unlock()
	sum := e.counts.Clone()
	if e.out != nil {
		l := e.out.Ledger()
		l.Accepted = 0 // they are among ours already
		sum = sum.Add(l)
	}
	return sum
}

// Stats tells the series send of the destination, whose lines are spans, and
// trace_spans of what came before.
func (e *Exporter) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	e.mu.Lock()
	counts := e.counts.Clone()
	e.mu.Unlock()
	cb(spansKey, "total", float64(counts.Accepted))
	cb(spansKey, "gathered", float64(counts.Pending))
	cb(spansKey, "dropped", float64(counts.Dropped.Sum()))
	if e.out != nil {
		e.out.Stats(cb)
	}
}

var spansKey = monkit.NewSeriesKey("trace_spans").WithTag("exporter", "zipkin")
