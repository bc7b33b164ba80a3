package graphite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"monkit.example/internal/collide"
	"monkit.example/internal/safelog"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// A Metric is the struct of a client's metrics: name, value as text, and Unix
// seconds.
type Metric interface {
	~struct {
		Name      string
		Value     string
		Timestamp int64
	}
}

// A Client is what FromClient needs of a client. The *graphite.Graphite of
// github.com/marpaia/graphite-golang is one, and so are those of its forks that
// kept these methods.
type Client[M Metric] interface {
	Connect() error
	SendMetrics(metrics []M) error
}

// FromClient returns a Reporter that sends with a client that the program has
// already. After a failure it connects the client again. The client belongs to
// the program: Close does not disconnect it. No other code may use it at the
// same time.
//
// The client has no deadlines and ignores errors of UDP sockets. Programs that
// are not bound to it should use [New].
func FromClient[M Metric](c Client[M]) reporters.Reporter {
	return &client[M]{client: c, enc: newEncoder(Options{})}
}

// client is the Reporter of a Client.
type client[M Metric] struct {
	log atomic.Pointer[slog.Logger]

	mu      sync.Mutex
	client  Client[M] // guarded by mu, as all below
	failed  bool      // the last send failed
	enc     encoder   // of names
	names   reporters.Memo[string]
	metrics []M   // of the current batch
	held    int64 // number of points in metrics, some of which are sums
	counts  ledger.Ledger
}

// Report sends all points of b at once.
func (c *client[M]) Report(_ context.Context, b *reporters.Batch) error {
	defer func() { c.enc.LogCollisions(c.log.Load(), Format+" client") }() // after the lock is released
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Accepted += int64(len(b.Points))
	c.collectLocked(b.Points)
	n := c.held
	if n == 0 {
		return nil
	}
	if err := c.sendLocked(); err != nil {
		c.counts.Drop(ledger.SendFailed, n)
		return err
	}
	c.counts.Delivered += n
	return nil
}

func (c *client[M]) collectLocked(points []reporters.Point) {
	c.metrics, c.held = c.metrics[:0], 0
	c.enc.BeginBatch(points)
	defer c.enc.EndBatch()
	for i := range points {
		p := &points[i]
		if !reporters.Finite(p.Value) {
			c.counts.Drop(ledger.NotFinite, 1)
			continue
		}
		name := c.nameLocked(p)
		second, ok := wholeSeconds(p.Time)
		if !ok || name == "" || p.Kind == reporters.GaugeDelta || p.Kind == reporters.SetMember {
			c.counts.Drop(ledger.Unsupported, 1)
			continue
		}
		path := c.enc.path(p)
		switch outcome, _ := c.enc.check(c.enc.Contest(p), &path, p); outcome {
		case collide.Refuse:
			c.counts.Drop(ledger.NameCollision, 1)
		case collide.Share:
			c.enc.Add(p, []byte(name))
			c.held++
		default:
			value := string(reporters.AppendFloat(nil, p.Value))
			c.metrics = append(c.metrics, M{Name: name, Value: value, Timestamp: second})
			c.held++
		}
	}
	c.enc.TakeSums(func(text []byte, total float64, time int64) {
		second, _ := wholeSeconds(time)
		c.metrics = append(c.metrics, M{Name: string(text), Value: string(reporters.AppendFloat(nil, total)), Timestamp: second})
	})
}

func (c *client[M]) nameLocked(p *reporters.Point) string {
	name, fresh := c.names.Field(p)
	if name == nil {
		return c.enc.namer.name(p)
	}
	if fresh {
		*name = c.enc.namer.name(p)
	}
	return *name
}

// sendLocked sends the metrics. A panic of the client is an error.
func (c *client[M]) sendLocked() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the graphite client panicked: %v", v)
		}
	}()
	if c.client == nil {
		return errors.New("FromClient was called with a client that is nil")
	}
	if c.failed {
		if err := c.client.Connect(); err != nil {
			return fmt.Errorf("connect the graphite client: %w", err)
		}
	}
	err = c.client.SendMetrics(c.metrics)
	c.failed = err != nil
	if err != nil {
		return fmt.Errorf("send with the graphite client: %w", err)
	}
	return nil
}

// SetLogger sets the logger of names that collide. It returns false: errors are
// returned, not logged.
func (c *client[M]) SetLogger(l *slog.Logger) (logs bool) {
	c.log.CompareAndSwap(nil, safelog.Wrap(l))
	return false
}

// Flush does nothing: Report returns when everything is sent.
func (c *client[M]) Flush(context.Context) error { return nil }

// Close does nothing: the client belongs to the program.
func (c *client[M]) Close(context.Context) error { return nil }

// Ledger accounts for every point that was reported.
func (c *client[M]) Ledger() ledger.Ledger {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts.Clone()
}
