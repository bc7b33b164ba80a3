package influx_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/influx"
)

// text is a Sender that keeps what it gets.
type text struct{ strings.Builder }

func (s *text) Send(_ context.Context, payload []byte, _ int) error {
	s.Write(payload)
	return nil
}
func (*text) Flush(context.Context) error { return nil }
func (*text) Close(context.Context) error { return nil }

// addHost is the transformer of a program that tags all series with its host. It
// makes the tags of each sample again.
type addHost struct{}

func (addHost) Transform(cb func(monkit.SeriesKey, string, float64)) func(monkit.SeriesKey, string, float64) {
	return func(key monkit.SeriesKey, field string, val float64) { cb(key.WithTag("host", "web1"), field, val) }
}

func TestSeriesWhoseTagsAreMadeAgainAreOneLine(t *testing.T) {
	reg := monkit.NewRegistry()
	scope := reg.ScopeNamed("app")
	for _, name := range []string{"a", "b", "c"} {
		scope.IntVal(name).Observe(5)
		scope.FuncNamed(name).Task(nil)(nil)
	}
	for name, src := range map[string]monkit.StatSource{"as they are": reg, "transformed": monkit.TransformStatSource(reg, addHost{})} {
		var out text
		push := reporters.NewPusher(influx.NewCodec(influx.Options{}), &out, reporters.PusherOptions{MaxPayload: 64 << 10})
		c := collect.New(src, collect.Options{Interval: 24 * time.Hour}, push)
		for range 2 {
			out.Reset()
			if err := c.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			series := map[string]int{}
			for line := range strings.Lines(out.String()) {
				head, _, _ := strings.Cut(line, " ")
				series[head]++
				if series[head] > 1 {
					t.Errorf("%s: series %s has %d lines", name, head, series[head])
				}
			}
			if len(series) < 6 {
				t.Errorf("%s: %d series", name, len(series))
			}
		}
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := push.Ledger().Check(); err != nil {
			t.Error(err)
		}
	}
}

// The same holds for batches that others make.
func TestRunsAreOfEqualTags(t *testing.T) {
	var b reporters.Batch
	for _, zone := range []string{"eu", "eu", "us", "us", "us"} {
		key := monkit.NewSeriesKey("m").WithTag("zone", zone)
		b.Points = append(b.Points, reporters.Point{Key: key, Field: string(rune('a' + len(b.Points))), Value: 1, Time: 5})
	}
	var out text
	push := reporters.NewPusher(influx.NewCodec(influx.Options{}), &out, reporters.PusherOptions{})
	if err := push.Report(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "m,zone=eu a=1,b=1 5\nm,zone=us c=1,d=1,e=1 5\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := push.Ledger().Check(); err != nil {
		t.Error(err)
	}
}
