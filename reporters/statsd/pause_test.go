package statsd_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/shape"
	"monkit.example/reporters/statsd"
)

// sums is a StatsD server that adds up counts by name. It is a Sender.
type sums struct{ counts map[string]float64 }

func (s *sums) Send(_ context.Context, payload []byte, _ int) error {
	for line := range strings.Lines(string(payload)) {
		var v float64
		name, rest, _ := strings.Cut(line, ":")
		if n, err := fmt.Sscanf(rest, "%f|c", &v); n == 1 && err == nil {
			s.counts[name] += v
		}
	}
	return nil
}
func (*sums) Close(context.Context) error { return nil }
func (*sums) Flush(context.Context) error { return nil }

// client is a client of such a server.
type client struct {
	statsd.Client
	counts map[string]float64
}

func (c client) Count(name string, value int64, _ []string, _ float64) error {
	c.counts[name] += float64(value)
	return nil
}
func (client) Gauge(string, float64, []string, float64) error { return nil }
func (client) Flush() error                                   { return nil }

// A StatsD server adds up what it gets. A counter that pauses, such as one of a
// source that reports only what is in use, and comes back after its number was
// given to another series has grown by the difference, not by its whole value.
func TestTotalThatPausesCountsOnce(t *testing.T) {
	for name, reporter := range map[string]func(*sums) reporters.Reporter{
		"lines": func(s *sums) reporters.Reporter {
			return reporters.NewPusher(statsd.NewCodec(statsd.Options{}), s, reporters.PusherOptions{})
		},
		"client": func(s *sums) reporters.Reporter { return statsd.FromClient(client{counts: s.counts}) },
		"shape": func(s *sums) reporters.Reporter {
			return shape.New(reporters.NewPusher(statsd.NewCodec(statsd.Options{}), s, reporters.PusherOptions{}), shape.Delta())
		},
	} {
		for _, pause := range []int{1, 65, 130, 1000} {
			t.Run(fmt.Sprint(name, "/", pause), func(t *testing.T) {
				emit := map[string]float64{"paused": 1005}
				source := monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
					for i := range 30 {
						for _, m := range []string{"paused", fmt.Sprint("other", i)} {
							if v, ok := emit[m]; ok && (m != "paused" || i == 0) {
								cb(monkit.NewSeriesKey(m).WithTag("k", "v"), "total", v)
							}
						}
					}
				})
				s := &sums{counts: map[string]float64{}}
				c := collect.New(source, collect.Options{Interval: 24 * time.Hour}, reporter(s))
				flush := func() {
					if err := c.Flush(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				flush()
				delete(emit, "paused")
				for i := range pause {
					if i%40 == 0 { // takes the number, if that is free
						emit[fmt.Sprint("other", i/40)] = 7
					}
					flush()
				}
				emit["paused"] = 1032
				flush()
				if err := c.Close(t.Context()); err != nil {
					t.Error(err)
				}
				var got float64
				for name, v := range s.counts {
					if strings.Contains(name, "paused") {
						got += v
					}
				}
				if got != 1032 {
					t.Errorf("the server has %v, want 1032: %v", got, s.counts)
				}
			})
		}
	}
}
