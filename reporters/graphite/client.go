package graphite

import (
	"context"
	"fmt"
	"sync"

	graphitegolang "github.com/marpaia/graphite-golang"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// FromClient returns a Reporter that sends with a client the program has
// already; after a failure it has the client connect anew. The client stays
// the program's: Close does not disconnect it, and nobody else may use it
// while the reporter does.
//
// The client knows no deadlines and ignores what UDP says of lost datagrams.
// Who is not bound to it is better served by [New].
func FromClient(c *graphitegolang.Graphite) reporters.Reporter {
	return &client{client: c, namer: newNamer("", false)}
}

type client struct {
	mu      sync.Mutex
	client  *graphitegolang.Graphite
	broken  bool // the last send failed
	namer   namer
	names   reporters.Memo[string]
	metrics []graphitegolang.Metric // of the batch at hand
	counts  ledger.Ledger
}

// Report sends all points of b at once.
func (c *client) Report(_ context.Context, b *reporters.Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Accepted += int64(len(b.Points))
	c.collect(b.Points)
	n := int64(len(c.metrics))
	c.counts.Drop(ledger.Unsupported, int64(len(b.Points))-n)
	if n == 0 {
		return nil
	}
	if err := c.send(); err != nil {
		c.counts.Drop(ledger.SendFailed, n)
		return err
	}
	c.counts.Delivered += n
	return nil
}

func (c *client) collect(points []reporters.Point) {
	c.metrics = c.metrics[:0]
	for i := range points {
		p := &points[i]
		name := c.name(p)
		if name == "" || !reporters.Finite(p.Value) || p.Kind == reporters.GaugeDelta {
			continue
		}
		value := string(reporters.AppendFloat(nil, p.Value))
		c.metrics = append(c.metrics, graphitegolang.NewMetric(name, value, wholeSeconds(p.Time)))
	}
}

func (c *client) name(p *reporters.Point) string {
	name, fresh := c.names.Field(p)
	if name == nil {
		return c.namer.name(p)
	}
	if fresh {
		*name = c.namer.name(p)
	}
	return *name
}

func (c *client) send() error {
	if c.broken {
		if err := c.client.Connect(); err != nil {
			return fmt.Errorf("connect the graphite client to %s:%d: %w", c.client.Host, c.client.Port, err)
		}
	}
	err := c.client.SendMetrics(c.metrics)
	c.broken = err != nil
	if err != nil {
		return fmt.Errorf("send with the graphite client to %s:%d: %w", c.client.Host, c.client.Port, err)
	}
	return nil
}

// Flush has nothing to do: what Report was given is sent when it returns.
func (c *client) Flush(context.Context) error { return nil }

// Close leaves the client to the program.
func (c *client) Close(context.Context) error { return nil }

// Ledger accounts for every point that was reported.
func (c *client) Ledger() ledger.Ledger {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts.Clone()
}

var _ ledger.Keeper = (*client)(nil)
