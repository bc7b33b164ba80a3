package e2e

import (
	"errors"
	"fmt"
	"testing"

	"monkit.example/e2e/servers"
)

// The servers keep series apart that differ in their tags, and have the sum of counters
// whose names they cannot keep apart.
func TestAggregatedTagsInServers(t *testing.T) {
	g, i := servers.Graphite(t), servers.InfluxDB(t)
	listen := servers.FreeAddr(t)
	r := startRelay(t, buildRelay(t), []string{listen},
		"-aggregate", "1s",
		"-listen", "statsd+udp://"+listen,
		"-forward", "graphite+tcp://"+g.Line,
		"-forward", "graphite+tcp://"+g.Line+"?tagged=true",
		"-forward", "influx+"+i.WriteURL())
	servers.Send(t, "udp", listen, "page:1|c|#blue\npage:2|c|#red\nreq:3|c|#env:prod\nreq:4|c|#zone:prod\nm:5|c|#a:1,b:2\nm:6|c|#b:2,a:1\na b:1|c\na_b:4|c\nx:1|c|#on\nx:4|c|#on:true\n")
	graphite := func(target string) func() (float64, error) {
		return func() (float64, error) { return g.Last(target) }
	}
	influx := func(measurement, key, val string) func() (float64, error) {
		return func() (float64, error) { return i.Last(measurement, "total", map[string]string{key: val}) }
	}
	servers.Eventually(t, "the values", func() error {
		var all []error
		for _, tt := range []struct {
			name string
			want float64
			last func() (float64, error)
		}{
			{"page.blue.true.total", 1, graphite("page.blue.true.total")},
			{"page.red.true.total", 2, graphite("page.red.true.total")},
			{"req.env.prod.total", 3, graphite("req.env.prod.total")},
			{"req.zone.prod.total", 4, graphite("req.zone.prod.total")},
			{"m.a.1.b.2.total", 11, graphite("m.a.1.b.2.total")},
			{"a_b.total", 5, graphite("a_b.total")},
			{"x.on.true.total", 5, graphite("x.on.true.total")},
			{"page;blue", 1, graphite("seriesByTag('name=page.total','blue=true')")},
			{"req;zone", 4, graphite("seriesByTag('name=req.total','zone=prod')")},
			{"x;on", 5, graphite("seriesByTag('name=x.total','on=true')")},
			{"page,blue", 1, influx("page", "blue", "true")},
			{"page,red", 2, influx("page", "red", "true")},
			{"req,env", 3, influx("req", "env", "prod")},
			{"x,on", 5, influx("x", "on", "true")},
		} {
			if got, err := tt.last(); err != nil || got != tt.want {
				all = append(all, fmt.Errorf("%s is %v, %v, want %v", tt.name, got, err, tt.want))
			}
		}
		return errors.Join(all...)
	})
	wantBalance(t, r.stop(t))
}
