package e2e

import (
	"fmt"
	"testing"

	"monkit.example/collect"
	"monkit.example/e2e/servers"
	"monkit.example/monkit"
	"monkit.example/reporters/statsd"
)

// A negative gauge that is reported again and again keeps its value in a server that
// adds a gauge with a sign to the last value, with tags (statsd_exporter's
// pkg/line: a value that starts with a sign is relative) and without them. The
// datagrams are small, so that many lines begin one.
func TestNegativeGaugesKeepTheirValue(t *testing.T) {
	e := servers.StatsdExporter(t)
	for scope, o := range map[string]statsd.Options{"tagged": {Tags: true}, "plain": {}} {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(scope+" "+transport, func(t *testing.T) {
				registry := monkit.NewRegistry()
				const n = 40
				for i := range n {
					registry.ScopeNamed(scope + "_" + transport).Chain(monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
						for _, field := range []string{"a", "bb", "ccc"} {
							cb(monkit.NewSeriesKey(fmt.Sprint("level", i)), field, float64(-i)-2.5)
						}
					}))
				}
				o.Send.MaxPayload = 300
				c := collect.New(registry, collect.Options{}, statsd.NewWith(transport+"://"+e.Addr, o))
				for range 5 {
					if err := c.Flush(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if err := c.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				servers.Eventually(t, "the values", func() error {
					for i := range n {
						for _, field := range []string{"a", "bb", "ccc"} {
							name := fmt.Sprintf("%s_%s_level%d_%s", scope, transport, i, field)
							if o.Tags {
								name = fmt.Sprintf("level%d_%s{scope=%q}", i, field, scope+"_"+transport)
							}
							if got, err := e.Value(name); err != nil || got != float64(-i)-2.5 {
								return fmt.Errorf("%s is %v, %v, want %v", name, got, err, float64(-i)-2.5)
							}
						}
					}
					return nil
				})
			})
		}
	}
}
