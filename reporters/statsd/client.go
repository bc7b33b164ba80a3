package statsd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"

	"monkit.example/internal/safelog"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// A Client is what FromClient needs of a DogStatsD client. The *statsd.Client and
// the statsd.ClientInterface of github.com/DataDog/datadog-go are ones, in every
// major version that has modules.
type Client interface {
	Gauge(name string, value float64, tags []string, rate float64) error
	Count(name string, value int64, tags []string, rate float64) error
	Histogram(name string, value float64, tags []string, rate float64) error
	Flush() error
}

// FromClient returns a Reporter that sends with a DogStatsD client that the
// program has already. The client belongs to the program: Close flushes it and
// does not close it.
//
// Make the client with WithoutClientSideAggregation, since a collector's values
// are aggregated already, and with a sender queue that has room for the
// datagrams of one report: the client drops further ones and reports no error.
// Programs that are not bound to it should use [New].
//
// A sample that stands for several observations is passed to the client as often, up
// to 1 000 times. One that stands for more is counted as ledger.Unsupported.
func FromClient(c Client) reporters.Reporter {
	return &client{client: c, enc: newEncoder(Options{Dialect: DogStatsD})}
}

// maxCalls is how often a sample is passed to the client at most.
const maxCalls = 1000

// client is the Reporter of a DogStatsD client.
type client struct {
	client Client
	log    atomic.Pointer[slog.Logger]

	mu     sync.Mutex
	enc    encoder // of names; guarded by mu, as all below
	names  reporters.Memo[clientName]
	deltas reporters.Deltas
	rests  reporters.Memo[float64] // of deltas, that were not sent: less than one
	counts ledger.Ledger
}

type clientName struct {
	name string
	tags []string
}

// Report passes each point to the client. It returns the first error.
func (c *client) Report(_ context.Context, b *reporters.Batch) error {
	defer func() { c.enc.LogCollisions(c.log.Load(), Format+" client") }() // after the lock is released
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deltas.BeginListener(b.Listener)
	c.enc.BeginBatch(b.Points)
	defer c.enc.EndBatch()
	c.counts.Accepted += int64(len(b.Points))
	var first error
	for i := range b.Points {
		err := c.call(func() error { return c.reportLocked(&b.Points[i]) })
		switch {
		case err == nil:
			c.counts.Delivered++
		case err == errNotFinite:
			c.counts.Drop(ledger.NotFinite, 1)
		case err == errUnsupported:
			c.counts.Drop(ledger.Unsupported, 1)
		case err == errSeriesLimit:
			c.counts.Drop(ledger.SeriesLimit, 1)
		case err == errCollision:
			c.counts.Drop(ledger.NameCollision, 1)
		default:
			c.counts.Drop(ledger.SendFailed, 1)
			if first == nil {
				first = err
			}
		}
	}
	return first
}

// These are counted and not returned by Report.
var (
	errNotFinite   = errors.New("the value is not finite")
	errUnsupported = errors.New("DogStatsD has no such point")
	errSeriesLimit = errors.New("more counters were received than are remembered")
	errCollision   = errors.New("another series has the name")
)

// call calls f, which calls the client. A panic is an error, and so is a client that
// is nil.
func (c *client) call(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the statsd client panicked: %v", v)
		}
	}()
	if c.client == nil {
		return errors.New("FromClient was called with a client that is nil")
	}
	return f()
}

// reportLocked passes p to the client.
func (c *client) reportLocked(p *reporters.Point) (err error) {
	if !reporters.Finite(p.Value) {
		return errNotFinite
	}
	n := c.nameLocked(p)
	if n.name == "" {
		return errUnsupported
	}
	if name := c.enc.name(p); c.enc.refuses(&name, p) {
		if p.Kind == reporters.Counter {
			_, _ = c.growthLocked(p, n) // is not sent later, when the series has the name
		}
		return errCollision
	}
	switch p.Kind {
	case reporters.Counter, reporters.CounterDelta:
		d, wrong := c.deltaLocked(p, n)
		if wrong != nil {
			return wrong
		}
		if d != 0 {
			err = c.client.Count(n.name, d, n.tags, 1)
		}
	case reporters.Sample:
		return c.sampleLocked(p, n)
	case reporters.Gauge:
		err = c.client.Gauge(n.name, p.Value, n.tags, 1)
	default:
		return errUnsupported
	}
	return wrap(err, n)
}

// sampleLocked passes a sample as often as it stands for an observation: with a rate,
// the client would leave some of the calls out.
func (c *client) sampleLocked(p *reporters.Point, n *clientName) (err error) {
	count := p.WholeWeight()
	if count > maxCalls {
		return errUnsupported
	}
	for ; count > 0 && err == nil; count-- {
		err = c.client.Histogram(n.name, p.Value, n.tags, 1)
	}
	return wrap(err, n)
}

// wrap adds to an error of the client what was sent.
func wrap(err error, n *clientName) error {
	if err != nil {
		return fmt.Errorf("send %s with the statsd client: %w", n.name, err)
	}
	return nil
}

// deltaLocked returns what p adds to its counter, as a whole number, which is
// what the client takes. A fraction is sent once it has grown to one. One of a point
// that was received, which has no number to remember it by, is not supported.
func (c *client) deltaLocked(p *reporters.Point, n *clientName) (int64, error) {
	if p.Kind == reporters.Counter {
		growth, known := c.growthLocked(p, n)
		if !known {
			return 0, errSeriesLimit
		}
		return wholeOf(growth)
	}
	sum := p.Value
	rest, _ := c.rests.Field(p)
	if rest != nil {
		sum += *rest
	}
	d, err := wholeOf(sum)
	switch fraction := sum - float64(d); {
	case err != nil:
		return 0, err
	case rest != nil:
		*rest = fraction
	case fraction != 0:
		return 0, errUnsupported
	}
	return d, nil
}

// growthLocked returns by how much the whole part of p's counter grew.
func (c *client) growthLocked(p *reporters.Point, n *clientName) (growth float64, known bool) {
	whole := *p
	whole.Value = math.Floor(p.Value)
	return c.deltas.Next(&whole, fmt.Append(nil, n.name, n.tags))
}

// wholeOf returns the whole part of v, or errUnsupported if the client's counters
// cannot hold it.
func wholeOf(v float64) (int64, error) {
	if v >= 1<<63 || v < -1<<63 {
		return 0, errUnsupported
	}
	return int64(v), nil
}

func (c *client) nameLocked(p *reporters.Point) *clientName {
	n, fresh := c.names.Field(p)
	if n == nil {
		n = new(clientName)
	}
	if fresh {
		n.name = string(c.enc.namer.appendName(nil, p))
		for i := range p.Key.Tags.Len() {
			if tag := appendTag(nil, p.Key.Tags.At(i)); len(tag) > 0 {
				n.tags = append(n.tags, string(tag))
			}
		}
	}
	return n
}

// SetLogger sets the logger of names that collide. It returns false: errors are
// returned, not logged.
func (c *client) SetLogger(l *slog.Logger) (logs bool) {
	c.log.CompareAndSwap(nil, safelog.Wrap(l))
	return false
}

// Flush makes the client write everything to its socket.
func (c *client) Flush(context.Context) error {
	if err := c.call(func() error { return c.client.Flush() }); err != nil {
		return fmt.Errorf("flush the statsd client: %w", err)
	}
	return nil
}

// Close flushes the client. It belongs to the program and is not closed.
func (c *client) Close(ctx context.Context) error { return c.Flush(ctx) }

// Ledger accounts for every point that was reported. Points that the client
// took are delivered.
func (c *client) Ledger() ledger.Ledger {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts.Clone()
}

var _ ledger.Keeper = (*client)(nil)
