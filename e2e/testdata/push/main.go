// Program push is a program as users have it: outside the module, with every kind
// of metric. It records each metric twice and pushes all of them after each time:
//
//	push FORMAT ADDRESS SCOPE
//
// With the format prometheus it serves them at http://ADDRESS/metrics instead,
// until its standard input ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/influx"
	"monkit.example/reporters/prometheus"
	"monkit.example/reporters/statsd"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "push:", err)
		os.Exit(1)
	}
}

func run(format, addr, scope string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	registry := monkit.NewRegistry()
	mon := registry.ScopeNamed(scope)
	mon.Gauge("depth", func() float64 { return 12.5 })
	mon.Chain(monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
		cb(monkit.NewSeriesKey("own").WithTag("shelf", "top"), "books", 17)
	}))

	if format == "prometheus" {
		record(ctx, mon)
		record(ctx, mon)
		return serve(addr, prometheus.New(registry))
	}
	c := collect.New(registry, collect.Options{Interval: time.Hour}, reporter(format, addr))
	record(ctx, mon)
	if err := c.Flush(ctx); err != nil {
		return err
	}
	// Graphite keeps one value per second.
	time.Sleep(1100 * time.Millisecond)
	record(ctx, mon)
	return c.Close(ctx)
}

// serve serves h at /metrics until standard input ends.
func serve(addr string, h http.Handler) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	defer l.Close()
	mux := http.NewServeMux()
	mux.Handle("/metrics", h)
	go http.Serve(l, mux)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func reporter(format, addr string) reporters.Reporter {
	switch format {
	case "graphite":
		return graphite.New(addr)
	case "tagged":
		return graphite.NewWith(addr, graphite.Options{Tagged: true})
	case "influx":
		return influx.New(addr)
	case "statsd":
		return statsd.New(addr)
	}
	panic("unknown format " + format)
}

func record(ctx context.Context, mon *monkit.Scope) {
	mon.Counter("jobs").Inc(5)
	mon.Counter("jobs").Dec(2)
	mon.Counter("rooms", monkit.NewSeriesTag("zone", "eu west")).Inc(1)
	mon.Meter("bytes").Mark(100)
	mon.Event("hits")
	mon.Timer("render").Start().Stop()
	mon.IntVal("size").Observe(10)
	mon.IntVal("size").Observe(30)
	mon.FloatVal("ratio").Observe(0.25)
	mon.FloatVal("ratio").Observe(-1.5)
	mon.BoolVal("cached").Observe(false)
	mon.BoolVal("cached").Observe(true)
	mon.BoolVal("cached").Observe(true)
	mon.DurationVal("wait").Observe(1500 * time.Millisecond)

	play := mon.FuncNamed("Play")
	call(func() (err error) { defer play.Task(&ctx)(&err); return nil })
	call(func() (err error) { defer play.Task(&ctx)(&err); return nil })
	call(func() (err error) { defer play.Task(&ctx)(&err); return fmt.Errorf("read: %w", io.EOF) })
	call(func() (err error) { defer play.Task(&ctx)(&err); panic(errors.New("broken")) })
}

// call recovers from a panic of f, as a server does.
func call(f func() error) {
	defer func() { recover() }()
	f()
}
