package e2e

import (
	"testing"

	"monkit.example/e2e/servers"
)

// TestPushThroughRelay is the whole way: a program pushes every kind of metric
// in one format, the relay carries it to all servers at once, and each shows
// the final values under the names it should have there.
func TestPushThroughRelay(t *testing.T) {
	push, bin := buildPush(t), buildRelay(t)
	all := struct {
		*servers.GraphiteServer
		*servers.InfluxServer
		*servers.VictoriaServer
		*servers.StatsdServer
	}{servers.Graphite(t), servers.InfluxDB(t), servers.VictoriaMetrics(t), servers.StatsdExporter(t)}
	for _, tt := range []struct {
		format, reporter, transport string
		influx                      view // InfluxDB's names depend on what the line said
		victoria                    view
	}{
		{
			format: "influx", reporter: "influx", transport: "udp",
			influx: func(s series) (float64, error) {
				return all.InfluxServer.Last(s.measurement, s.field, s.influxTags("influx"))
			},
			victoria: func(s series) (float64, error) { return all.VictoriaServer.Last(s.selector("influx")) },
		},
		{
			format: "graphite", reporter: "graphite", transport: "udp",
			influx: func(s series) (float64, error) {
				return all.InfluxServer.Last(parent(s.path("graphite")), s.field, nil)
			},
			victoria: func(s series) (float64, error) { return all.VictoriaServer.Last(s.pathSelector("graphite")) },
		},
	} {
		t.Run(tt.format, func(t *testing.T) {
			listen := servers.FreeAddr(t)
			r := startRelay(t, bin, []string{listen},
				"-listen", tt.format+"+"+tt.transport+"://"+listen,
				"-forward", "graphite+tcp://"+all.Line,
				"-forward", "influx+"+all.InfluxServer.WriteURL(),
				"-forward", "graphite+tcp://"+all.VictoriaServer.Graphite,
				"-forward", "influx+"+all.VictoriaServer.WriteURL(),
				"-forward", "statsd+udp://"+all.StatsdServer.Addr)
			run(t, push, tt.reporter, tt.transport+"://"+listen, tt.format)
			scope := tt.format
			wantAll(t, "carbon", func(s series) (float64, error) { return all.GraphiteServer.Last(s.path(scope)) })
			wantAll(t, "InfluxDB", tt.influx)
			wantAll(t, "VictoriaMetrics", tt.victoria)
			wantAll(t, "VictoriaMetrics, Graphite port", func(s series) (float64, error) { return all.VictoriaServer.Last(s.pathSelector(scope)) })
			// Nobody knows since when a total on the wire counts: statsd gets
			// what was added since the relay first saw it.
			wantValues(t, "statsd", func(s series) (float64, error) { return all.StatsdServer.Value(s.prometheus(scope)) },
				func(s series) float64 {
					if s.total {
						return s.last - s.first
					}
					return s.last
				})
			wantLaw(t, r.stop(t))
		})
	}
}

// parent is a path without its last part.
func parent(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return path[:i]
		}
	}
	return path
}
