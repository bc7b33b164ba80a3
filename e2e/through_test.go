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
		format   string
		path     func(series) string // by which Graphite, and that port of VictoriaMetrics, know it
		influx   view                // what these have depends on what the line said
		victoria view
		statsd   func(series) float64
	}{
		{
			format: "influx",
			path:   func(s series) string { return s.path("influx") },
			influx: func(s series) (float64, error) {
				return all.InfluxServer.Last(s.measurement, s.field, s.influxTags("influx"))
			},
			victoria: func(s series) (float64, error) { return all.VictoriaServer.Last(s.selector("influx")) },
			statsd:   since,
		},
		{
			format: "graphite",
			path:   func(s series) string { return s.path("graphite") },
			influx: func(s series) (float64, error) {
				return all.InfluxServer.Last(parent(s.path("graphite")), s.field, nil)
			},
			victoria: func(s series) (float64, error) { return all.VictoriaServer.Last(pathSelector(s.path("graphite"))) },
			statsd:   since,
		},
		{
			format: "statsd",
			path:   func(s series) string { return s.path("statsd") + "." + s.role() },
			influx: func(s series) (float64, error) { return all.InfluxServer.Last(s.path("statsd"), s.role(), nil) },
			victoria: func(s series) (float64, error) {
				return all.VictoriaServer.Last(pathSelector(s.path("statsd") + "_" + s.role()))
			},
			statsd: func(s series) float64 { return s.last },
		},
	} {
		t.Run(tt.format, func(t *testing.T) {
			listen := servers.FreeAddr(t)
			r := startRelay(t, bin, []string{listen},
				"-aggregate", "1s",
				"-listen", tt.format+"+udp://"+listen,
				"-forward", "graphite+tcp://"+all.Line,
				"-forward", "influx+"+all.InfluxServer.WriteURL(),
				"-forward", "graphite+tcp://"+all.VictoriaServer.Graphite,
				"-forward", "influx+"+all.VictoriaServer.WriteURL(),
				"-forward", "statsd+udp://"+all.StatsdServer.Addr)
			run(t, push, tt.format, "udp://"+listen, tt.format)
			wantAll(t, "carbon", func(s series) (float64, error) { return all.GraphiteServer.Last(tt.path(s)) })
			wantAll(t, "InfluxDB", tt.influx)
			wantAll(t, "VictoriaMetrics", tt.victoria)
			wantAll(t, "VictoriaMetrics, Graphite port", func(s series) (float64, error) { return all.VictoriaServer.Last(pathSelector(tt.path(s))) })
			wantValues(t, "statsd", func(s series) (float64, error) { return all.StatsdServer.Value(s.prometheus(tt.format)) }, tt.statsd)
			wantLaw(t, r.stop(t))
		})
	}
}

// since is what statsd gets of a total on the wire. Nobody knows since when
// that counts: what was added since the relay first saw it.
func since(s series) float64 {
	if s.total {
		return s.last - s.first
	}
	return s.last
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
