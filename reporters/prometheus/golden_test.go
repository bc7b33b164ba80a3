package prometheus

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
)

var update = flag.Bool("update", false, "write the golden files")

// everyKind returns a registry with every kind of metric, and with names and
// values that the formats cannot hold as they are. It runs in a bubble of
// synctest, so that times are exact.
func everyKind() *monkit.Registry {
	reg := monkit.NewRegistry()
	s := reg.ScopeNamed("example.com/app")
	s.Counter("jobs").Inc(5)
	s.Counter("jobs").Dec(2)
	s.Counter("rooms", monkit.NewSeriesTag("zone", "eu west")).Inc(1)
	s.Meter("bytes").Mark(100)
	s.Event("hits")
	s.IntVal("size").Observe(10)
	s.IntVal("size").Observe(30)
	s.IntVal("untouched")
	s.FloatVal("ratio").Observe(-1.5)
	s.BoolVal("cached").Observe(true)
	s.DurationVal("wait").Observe(1500 * time.Millisecond)
	s.Gauge("depth", func() float64 { return 12.5 })
	s.Gauge("nowhere", math.NaN)
	s.Gauge("highest", func() float64 { return math.Inf(1) })
	s.Gauge("lowest", func() float64 { return math.Inf(-1) })
	s.Chain(s.IntVal("size").Heatmap())
	s.Chain(monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
		cb(monkit.NewSeriesKey("<b>\"own\"</b>\n").WithTag("a.b", "1\n\"\\\xff").WithTag("a b", "2").WithTag("__x", "3"), "Größe", 17)
	}))
	timer := s.Timer("render").Start()
	time.Sleep(20 * time.Millisecond)
	timer.Stop()
	play := s.FuncNamed("(*Player).Play")
	for _, err := range []error{nil, nil, io.EOF, fmt.Errorf("read: %w", io.EOF)} {
		run(play, func() error { time.Sleep(250 * time.Millisecond); return err })
	}
	run(play, func() error { panic(errors.New("broken")) })
	s.FuncNamed("Never")
	return reg
}

// run runs f as a task and recovers from its panic, as a server does.
func run(fn *monkit.Func, f func() error) {
	defer func() { recover() }()
	ctx := context.Background()
	var err error
	defer fn.Task(&ctx)(&err)
	err = f()
}

func TestPagesMatchGoldenFiles(t *testing.T) {
	for f := range formats {
		t.Run(f.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reg := everyKind()
				got := serve(New(reg), "GET", "/?format="+f.String()).Body.String()
				if _, err := parsePage(got, f); err != nil {
					t.Error(err)
				}
				if again := serve(New(reg), "GET", "/?format="+f.String()).Body.String(); again != got {
					t.Error("the second page differs from the first")
				}
				file := filepath.Join("testdata", f.String()+".golden")
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("the page differs from %s, which -update writes:\n%s", file, got)
				}
			})
		})
	}
}
