package e2e

import (
	"strings"
	"testing"

	"monkit.example/e2e/servers"
)

// A program pushes every kind of metric in one format, the relay forwards it to
// all servers at once, and each server has the last values under the right
// names.
func TestPushThroughRelay(t *testing.T) {
	push, bin := buildTestdata(t, "push"), buildRelay(t)
	all := struct {
		*servers.GraphiteServer
		*servers.InfluxServer
		*servers.VictoriaServer
		*servers.StatsdServer
	}{servers.Graphite(t), servers.InfluxDB(t), servers.VictoriaMetrics(t), servers.StatsdExporter(t)}
	for _, tt := range []struct {
		format   string
		option   string              // of the listener
		path     func(series) string // the name in Graphite, and in VictoriaMetrics by its Graphite port
		influx   query
		victoria query
		statsd   func(series) float64 // the value in statsd_exporter
	}{
		{
			format: "influx",
			path:   func(s series) string { return s.path("influx") },
			influx: func(s series) (float64, error) {
				return all.InfluxServer.Last(s.measurement, s.field, s.influxTags("influx"))
			},
			victoria: func(s series) (float64, error) { return all.VictoriaServer.Last(s.selector("influx")) },
			statsd:   sinceFirst,
		},
		{
			format: "graphite", option: "?totals=true", // a path does not say that it counts
			path: func(s series) string { return s.path("graphite") },
			influx: func(s series) (float64, error) {
				return all.InfluxServer.Last(parent(s.path("graphite")), s.field, nil)
			},
			victoria: func(s series) (float64, error) { return all.VictoriaServer.Last(pathSelector(s.path("graphite"))) },
			statsd:   sinceFirst,
		},
		{
			format: "statsd",
			path:   func(s series) string { return s.path("statsd") + "." + s.relayField() },
			influx: func(s series) (float64, error) { return all.InfluxServer.Last(s.path("statsd"), s.relayField(), nil) },
			victoria: func(s series) (float64, error) {
				return all.VictoriaServer.Last(pathSelector(s.path("statsd") + "_" + s.relayField()))
			},
			statsd: func(s series) float64 { return s.last },
		},
	} {
		t.Run(tt.format, func(t *testing.T) {
			listen := servers.FreeAddr(t)
			r := startRelay(t, bin, []string{listen},
				"-aggregate", "1s",
				"-listen", tt.format+"+udp://"+listen+tt.option,
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
			wantValues(t, "statsd_exporter", func(s series) (float64, error) { return all.StatsdServer.Value(s.prometheus(tt.format)) }, tt.statsd)
			wantBalance(t, r.stop(t))
		})
	}
}

// sinceFirst returns the value that statsd gets if the line has a total. The
// start of its count is not known, so statsd gets the growth since the first
// line that the relay received.
func sinceFirst(s series) float64 {
	if s.counter {
		return s.last - s.first
	}
	return s.last
}

// parent returns a path without its last part.
func parent(path string) string { return path[:strings.LastIndexByte(path, '.')] }
