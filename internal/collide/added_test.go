package collide_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"monkit.example/collect"
	"monkit.example/internal/codectest"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/influx"
	"monkit.example/reporters/statsd"
)

// lastValues returns the last value of each name that is written in lines of a format.
func lastValues(t *testing.T, format, lines string) map[string]float64 {
	t.Helper()
	got := map[string]float64{}
	for line := range strings.Lines(lines) {
		line = strings.TrimSuffix(line, "\n")
		name, value := "", ""
		switch format {
		case graphite.Format:
			line = line[:strings.LastIndexByte(line, ' ')]
			i := strings.LastIndexByte(line, ' ')
			name, value = line[:i], line[i+1:]
		case influx.Format:
			line = line[:strings.LastIndexByte(line, ' ')]
			i := strings.LastIndexByte(line, '=')
			name, value = line[:i], line[i+1:]
		default:
			name, value, _ = strings.Cut(line, ":")
			value, _, _ = strings.Cut(value, "|")
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatal(err)
		}
		if format == statsd.Format {
			v += got[name] // as the server adds deltas
		}
		got[name] = v
	}
	return got
}

// Counters that a format writes under one name are one counter to the server: it gets
// what both have counted, as the reference daemon has it for "a b" and "a_b" (statsd
// 0.9.0, stats.js, keyNameSanitize).
func TestReportersAddUpCountersOfOneName(t *testing.T) {
	tag, key := monkit.NewSeriesTag, monkit.NewSeriesKey
	for _, tt := range []struct {
		name          string
		codec         func() reporters.Codec
		first, second monkit.SeriesKey
		want          string
	}{
		{"graphite", func() reporters.Codec { return graphite.NewCodec(graphite.Options{}) }, key("a b"), key("a_b"), "app.a_b.total"},
		{"graphite, no value and its text", func() reporters.Codec { return graphite.NewCodec(graphite.Options{}) },
			key("a").WithTag("blue", ""), key("a").WithTag("blue", "true"), "app.a.blue.true.total"},
		{"graphite, a tag and a part of the name", func() reporters.Codec { return graphite.NewCodec(graphite.Options{Prefix: "p"}) },
			key("a").WithTag("k", "v"), key("a.k.v"), "p.app.a.k.v.total"},
		{"graphite with tags", func() reporters.Codec { return graphite.NewCodec(graphite.Options{Tagged: true}) },
			key("a").WithTags(tag("k", "v w")), key("a").WithTags(tag("k", "v_w")), "a.total;k=v_w;scope=app"},
		{"influx", func() reporters.Codec { return influx.NewCodec(influx.Options{}) },
			key("a").WithTags(tag("disk", `C:\`)), key("a").WithTags(tag("disk", "C:/")), "a,disk=C:/,scope=app total"},
		{"influx, no value and its text", func() reporters.Codec { return influx.NewCodec(influx.Options{}) },
			key("a").WithTag("blue", "true"), key("a").WithTag("blue", ""), "a,blue=true,scope=app total"},
		{"statsd", func() reporters.Codec { return statsd.NewCodec(statsd.Options{}) }, key("a b"), key("a/b"), "app.a_b.total"},
		{"DogStatsD", func() reporters.Codec { return statsd.NewCodec(statsd.Options{Tags: true}) }, key("4xx"), key("n4xx"), "n4xx.total"},
	} {
		for _, parts := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, "/parts=", parts), func(t *testing.T) {
				registry, walk := monkit.NewRegistry(), 0.0
				for i, key := range []monkit.SeriesKey{tt.first, tt.second} {
					registry.ScopeNamed("app").Chain(monkit.StatSourceFunc(func(cb func(key monkit.SeriesKey, field string, val float64)) {
						cb(key, "total", walk*float64(1+9*i)) // 1 and 10 a walk
					}))
				}
				codec, out, logged := tt.codec(), &codectest.Payloads{}, &bytes.Buffer{}
				pusher := reporters.NewPusher(codec, out, reporters.PusherOptions{MaxPayload: 1 << 16, Format: codec.Name(), Name: "there"})
				pusher.SetLogger(slog.New(slog.NewTextHandler(logged, nil)))
				walker := collect.NewWalker(registry.ScopeNamed("app"))
				for walk = 1; walk <= 3; walk++ {
					var b reporters.Batch
					walker.Walk(&b, time.Now())
					var err error
					if parts {
						err = pusher.ReportParts(t.Context(), &reporters.Batch{At: b.At}, slices.Values([][]reporters.Point{b.Points}))
					} else {
						err = pusher.Report(t.Context(), &b)
					}
					if err != nil {
						t.Fatal(err)
					}
					want := 11 * walk
					if codec.Name() == statsd.Format {
						want = 11
					}
					if got := lastValues(t, codec.Name(), out.Text.String()); len(got) != 1 || got[tt.want] != want {
						t.Errorf("walk %v: sent %v, want %s = %v", walk, got, tt.want, want)
					}
					if lines := strings.Count(out.Text.String(), "\n"); walk > 1 && codec.Name() != statsd.Format && lines != 1 {
						t.Errorf("walk %v: %d lines, want the sum alone", walk, lines)
					}
					out.Text.Reset()
					if l := pusher.Ledger(); l.Check() != nil || l.Delivered != 2*int64(walk) {
						t.Errorf("walk %v: the ledger is %v", walk, l)
					}
				}
				if series, points := codec.(reporters.NameChecker).Collisions(); series != 1 || points != 0 {
					t.Errorf("%d series and %d points collided, want 1 and 0", series, points)
				}
				if text := logged.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "their counts are added up") {
					t.Errorf("logged\n%s", text)
				}
			})
		}
	}
}

// The lines of sums may be larger than a payload, and are settled all the same.
func TestManySumsAreManyPayloads(t *testing.T) {
	const n = 500
	codec, out := graphite.NewCodec(graphite.Options{}), &codectest.Payloads{}
	pusher := reporters.NewPusher(codec, out, reporters.PusherOptions{Format: codec.Name()})
	for walk := range int64(3) {
		b := reporters.Batch{}
		for i := range uint32(2 * n) {
			name := fmt.Sprint("a_b", i)
			if i >= n {
				name = fmt.Sprint("a b", i-n)
			}
			b.Points = append(b.Points, reporters.Point{
				Series: i + 1, ID: i + 1, Key: monkit.NewSeriesKey(name), Field: "total", Value: 1, Kind: reporters.Counter, Time: (1 + walk) * 1e9,
			})
		}
		out.Text.Reset()
		if err := pusher.Report(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		got := lastValues(t, codec.Name(), out.Text.String())
		for i := range n {
			if name := fmt.Sprint("a_b", i, ".total"); got[name] != 2 {
				t.Fatalf("walk %d: %s is %v, want 2", walk, name, got[name])
			}
		}
		if l := pusher.Ledger(); l.Check() != nil || l.Delivered != 2*n*(walk+1) {
			t.Errorf("walk %d: the ledger is %v", walk, l)
		}
	}
}
