package collide_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/collect"
	"monkit.example/internal/codectest"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/influx"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/statsd"
)

// Two series that a format writes under one name are found, counted and logged with
// both names, whichever format it is (dropwizard's GraphiteReporter and others send
// both, and the server keeps one).
func TestReportersSendOneOfTwoSeriesWithOneName(t *testing.T) {
	tag := monkit.NewSeriesTag
	for _, tt := range []struct {
		name          string
		codec         func() reporters.Codec
		first, second monkit.SeriesKey
		line          string
	}{
		{"graphite", func() reporters.Codec { return graphite.NewCodec(graphite.Options{}) }, monkit.NewSeriesKey("a b"), monkit.NewSeriesKey("a_b"), "app.a_b.value 1 "},
		{"graphite, tags that become one path", func() reporters.Codec { return graphite.NewCodec(graphite.Options{}) },
			monkit.NewSeriesKey("a").WithTags(tag("k", "v w")), monkit.NewSeriesKey("a").WithTags(tag("k", "v/w")), "app.a.k.v_w.value 1 "},
		{"graphite, a tag and a part of the name", func() reporters.Codec { return graphite.NewCodec(graphite.Options{}) },
			monkit.NewSeriesKey("a.k.v"), monkit.NewSeriesKey("a").WithTags(tag("k", "v")), "app.a.k.v.value 1 "},
		{"graphite, a tag without a value", func() reporters.Codec { return graphite.NewCodec(graphite.Options{}) },
			monkit.NewSeriesKey("a").WithTags(tag("k", "")), monkit.NewSeriesKey("a").WithTags(tag("k", "true")), "app.a.k.true.value 1 "},
		{"graphite, values of tags alone", func() reporters.Codec { return graphite.NewCodec(graphite.Options{TagValues: true}) },
			monkit.NewSeriesKey("a").WithTags(tag("k", "v")), monkit.NewSeriesKey("a").WithTags(tag("other", "v")), "app.a.v.value 1 "},
		{"statsd, values of tags alone", func() reporters.Codec { return statsd.NewCodec(statsd.Options{TagValues: true}) },
			monkit.NewSeriesKey("a").WithTags(tag("k", "v")), monkit.NewSeriesKey("a").WithTags(tag("other", "v")), "app.a.v.value:1|g"},
		{"graphite with tags", func() reporters.Codec { return graphite.NewCodec(graphite.Options{Tagged: true}) },
			monkit.NewSeriesKey("a").WithTags(tag("k", "v w")), monkit.NewSeriesKey("a").WithTags(tag("k", "v_w")), "a.value;k=v_w;scope=app 1 "},
		{"statsd", func() reporters.Codec { return statsd.NewCodec(statsd.Options{}) }, monkit.NewSeriesKey("a b"), monkit.NewSeriesKey("a/b"), "app.a_b.value:1|g"},
		{"DogStatsD", func() reporters.Codec { return statsd.NewCodec(statsd.Options{Tags: true}) }, monkit.NewSeriesKey("4xx"), monkit.NewSeriesKey("n4xx"), "n4xx.value:1|g|#scope:app"},
		{"influx", func() reporters.Codec { return influx.NewCodec(influx.Options{}) },
			monkit.NewSeriesKey("a").WithTags(tag("disk", `C:\`)), monkit.NewSeriesKey("a").WithTags(tag("disk", "C:/")), "a,disk=C:/,scope=app value=1"},
	} {
		for name, report := range map[string]func(*reporters.Pusher, *reporters.Batch) error{
			"batch": func(p *reporters.Pusher, b *reporters.Batch) error { return p.Report(t.Context(), b) },
			"part": func(p *reporters.Pusher, b *reporters.Batch) error {
				return p.ReportParts(t.Context(), &reporters.Batch{At: b.At, Interval: b.Interval}, slices.Values([][]reporters.Point{b.Points}))
			},
		} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				codec, registry := tt.codec(), monkit.NewRegistry()
				scope := registry.ScopeNamed("app")
				for i, key := range []monkit.SeriesKey{tt.first, tt.second} {
					scope.Chain(monkit.StatSourceFunc(func(cb func(key monkit.SeriesKey, field string, val float64)) {
						cb(key, "value", float64(i+1))
					}))
				}
				scope.Gauge("separate", func() float64 { return 3 })

				out, logged := &codectest.Payloads{}, &bytes.Buffer{}
				pusher := reporters.NewPusher(codec, out, reporters.PusherOptions{MaxPayload: 1 << 16, Format: codec.Name(), Name: "there"})
				pusher.SetLogger(slog.New(slog.NewTextHandler(logged, nil)))
				walker := collect.NewWalker(registry.ScopeNamed("app"))
				for walk := int64(1); walk <= 2; walk++ {
					var b reporters.Batch
					walker.Walk(&b, time.Now())
					if err := report(pusher, &b); err != nil {
						t.Fatal(err)
					}
					if got := out.Text.String(); strings.Count(got, tt.line) != 1 || strings.Count(got, "\n") != len(b.Points)-1 {
						t.Errorf("walk %d: sent\n%s, want all of %d points but one, and %q", walk, got, len(b.Points), tt.line)
					}
					out.Text.Reset()
					l := pusher.Ledger()
					if err := l.Check(); err != nil || l.Dropped[ledger.NameCollision] != walk {
						t.Errorf("walk %d: the ledger is %v, %v", walk, l, err)
					}
				}
				counted := 0.0
				pusher.Stats(func(key monkit.SeriesKey, field string, val float64) {
					if total, _ := pusher.IsTotal(key, field); total && key.String() == "send,destination=there" && field == "name_collisions" {
						counted = val
					}
				})
				if counted != 1 {
					t.Errorf("name_collisions is %v, want 1", counted)
				}
				text := logged.String()
				if strings.Count(text, "\n") != 1 {
					t.Errorf("logged\n%s, want one record", text)
				}
				for _, key := range []monkit.SeriesKey{tt.first, tt.second} {
					name := key.WithTag("scope", "app").WithField("value")
					if quoted := strings.ReplaceAll(name, `\`, `\\`); !strings.Contains(text, quoted) {
						t.Errorf("logged\n%s, want %s in it", text, quoted)
					}
				}
			})
		}
	}
}
