package statsd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	datadog "github.com/DataDog/datadog-go/v5/statsd"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// FromClient returns a Reporter that speaks DogStatsD through a client the
// program has already. The client stays the program's: Close flushes it and
// does not close it.
//
// Make the client with WithoutClientSideAggregation, as a collector's numbers
// are aggregated already, and with a sender queue that holds the datagrams of
// one report: what does not fit it is lost without a word from the client.
// Who is not bound to it is better served by [New].
func FromClient(c datadog.ClientInterface) reporters.Reporter {
	return &client{client: c, namer: namer{tags: true}}
}

type client struct {
	client datadog.ClientInterface
	namer  namer

	mu     sync.Mutex
	names  reporters.Memo[clientName]
	deltas reporters.Deltas
	counts ledger.Ledger
}

type clientName struct {
	name string
	tags []string
}

// Report hands each point to the client. The error is the first of several.
func (c *client) Report(_ context.Context, b *reporters.Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Accepted += int64(len(b.Points))
	var first error
	for i := range b.Points {
		err := c.report(&b.Points[i])
		switch {
		case err == nil:
			c.counts.Delivered++
		case errors.Is(err, errUnencodable):
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

// errUnencodable is for points that DogStatsD has no word for.
var errUnencodable = errors.New("cannot be said in DogStatsD")

func (c *client) report(p *reporters.Point) error {
	n := c.name(p)
	if n.name == "" || !reporters.Finite(p.Value) {
		return errUnencodable
	}
	var err error
	switch p.Kind {
	case reporters.Counter, reporters.CounterDelta:
		if d := c.added(p, n); d != 0 {
			err = c.client.Count(n.name, d, n.tags, 1)
		}
	case reporters.Sample:
		err = c.client.Histogram(n.name, p.Value, n.tags, 1)
	case reporters.Gauge:
		err = c.client.Gauge(n.name, p.Value, n.tags, 1)
	default:
		err = errUnencodable
	}
	if err != nil {
		return fmt.Errorf("send %s with the statsd client: %w", n.name, err)
	}
	return nil
}

// added is what p counts, whole as the client wants it. The part of a total
// behind the point is counted when it has grown to one.
func (c *client) added(p *reporters.Point, n *clientName) int64 {
	if p.Kind == reporters.CounterDelta {
		return int64(math.Round(p.Value))
	}
	whole := *p
	whole.Value = math.Floor(p.Value)
	return int64(c.deltas.Next(&whole, fmt.Append(nil, n.name, n.tags)))
}

func (c *client) name(p *reporters.Point) *clientName {
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

// Flush has the client hand all it holds to its socket.
func (c *client) Flush(context.Context) error {
	if err := c.client.Flush(); err != nil {
		return fmt.Errorf("flush the statsd client: %w", err)
	}
	return nil
}

// Close flushes the client and leaves it to the program.
func (c *client) Close(ctx context.Context) error { return c.Flush(ctx) }

// Ledger accounts for every point that was reported. Delivered are those the
// client took.
func (c *client) Ledger() ledger.Ledger {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts.Clone()
}

var _ ledger.Keeper = (*client)(nil)
