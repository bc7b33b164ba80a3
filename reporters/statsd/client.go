package statsd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

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
func FromClient(c Client) reporters.Reporter {
	return &client{client: c, namer: namer{tags: true}}
}

// client is the Reporter of a DogStatsD client.
type client struct {
	client Client
	namer  namer

	mu     sync.Mutex
	names  reporters.Memo[clientName] // guarded by mu, as all below
	deltas reporters.Deltas
	counts ledger.Ledger
}

type clientName struct {
	name string
	tags []string
}

// Report passes each point to the client. It returns the first error.
func (c *client) Report(_ context.Context, b *reporters.Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Accepted += int64(len(b.Points))
	var first error
	for i := range b.Points {
		err := c.reportLocked(&b.Points[i])
		switch {
		case err == nil:
			c.counts.Delivered++
		case err == errNotFinite:
			c.counts.Drop(ledger.NotFinite, 1)
		case err == errUnsupported:
			c.counts.Drop(ledger.Unsupported, 1)
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
)

// reportLocked passes p to the client, whose panic is an error.
func (c *client) reportLocked(p *reporters.Point) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the statsd client panicked: %v", v)
		}
	}()
	if c.client == nil {
		return errors.New("FromClient was called with a client that is nil")
	}
	if !reporters.Finite(p.Value) {
		return errNotFinite
	}
	n := c.nameLocked(p)
	if n.name == "" {
		return errUnsupported
	}
	switch p.Kind {
	case reporters.Counter, reporters.CounterDelta:
		if d := c.deltaLocked(p, n); d != 0 {
			err = c.client.Count(n.name, d, n.tags, 1)
		}
	case reporters.Sample:
		err = c.client.Histogram(n.name, p.Value, n.tags, 1)
	case reporters.Gauge:
		err = c.client.Gauge(n.name, p.Value, n.tags, 1)
	default:
		return errUnsupported
	}
	if err != nil {
		return fmt.Errorf("send %s with the statsd client: %w", n.name, err)
	}
	return nil
}

// deltaLocked returns what p adds to its counter, as a whole number, which is
// what the client takes. A fraction of a counter is sent once it has grown to
// one.
func (c *client) deltaLocked(p *reporters.Point, n *clientName) int64 {
	if p.Kind == reporters.CounterDelta {
		return int64(math.Round(p.Value))
	}
	whole := *p
	whole.Value = math.Floor(p.Value)
	return int64(c.deltas.Next(&whole, fmt.Append(nil, n.name, n.tags)))
}

func (c *client) nameLocked(p *reporters.Point) *clientName {
	n, fresh := c.names.Field(p)
	if n == nil {
		n = new(clientName)
	}
	if fresh {
		n.name = string(c.namer.appendName(nil, p))
		for i := range p.Key.Tags.Len() {
			if tag := appendTag(nil, p.Key.Tags.At(i)); len(tag) > 0 {
				n.tags = append(n.tags, string(tag))
			}
		}
	}
	return n
}

// Flush makes the client write everything to its socket.
func (c *client) Flush(context.Context) error {
	if err := c.client.Flush(); err != nil {
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
