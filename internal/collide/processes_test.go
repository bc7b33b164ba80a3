package collide_test

import (
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/influx"
	"monkit.example/reporters/statsd"
)

// Two processes of one program write one series to a server, unless they have tags
// or a prefix (micrometer-metrics/micrometer#2787, influxdata/telegraf#2700).
func TestGlobalTagsAndPrefixAreInEveryLine(t *testing.T) {
	tags := map[string]string{"host": "web1.example.com", "zone": "eu"}
	series := monkit.NewSeriesKey("hits").WithTags(monkit.NewSeriesTag("scope", "app"), monkit.NewSeriesTag("zone", "us"))
	for _, tt := range []struct {
		name  string
		codec reporters.Codec
		want  string
	}{
		{"graphite", graphite.NewCodec(graphite.Options{Prefix: "prod", GlobalTags: tags}), "prod.app.hits.host.web1_example_com.zone.us.host 1 1\n"},
		{"graphite with tags", graphite.NewCodec(graphite.Options{Prefix: "prod", Tagged: true, GlobalTags: tags}),
			"prod.hits.host;host=web1.example.com;scope=app;zone=us 1 1\n"},
		{"statsd", statsd.NewCodec(statsd.Options{Prefix: "prod", GlobalTags: tags}), "prod.app.hits.host.web1_example_com.zone.us.host:1|g\n"},
		{"statsd with tags", statsd.NewCodec(statsd.Options{Prefix: "prod", Tags: true, GlobalTags: tags}),
			"prod.hits.host:1|g|#host:web1.example.com,scope:app,zone:us\n"},
		{"influx, with a field that is a global tag", influx.NewCodec(influx.Options{Prefix: "prod_", GlobalTags: tags}),
			"prod_hits,host=web1.example.com,scope=app,zone=us host_=1 1000000000\n"},
	} {
		for _, number := range []uint32{0, 1} {
			run := []reporters.Point{{Key: series, Field: "host", Value: 1, Time: 1e9, Series: number, ID: number}}
			if got, _ := tt.codec.AppendRun(nil, run); string(got) != tt.want {
				t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
			}
		}
	}
}
