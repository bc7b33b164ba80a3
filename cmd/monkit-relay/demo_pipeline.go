package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"monkit.example/collect"
	"monkit.example/environment"
	"monkit.example/examples/vlite/vlite"
	"monkit.example/internal/relay"
	"monkit.example/internal/web"
	"monkit.example/internal/webpage"
	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/prometheus"
	"monkit.example/reporters/recent"
	"monkit.example/tracing"
)

// pipeline has all parts of the demo, in the order in which a metric passes them.
type pipeline struct {
	address string // of the page

	service   *vlite.Service
	traces    *tracing.Recorder // of the service
	collector *collect.Collector
	push      *reporters.Pusher
	relay     *relay.Relay
	store     *recent.Store

	loading, relaying, serving task
}

// task is a function that runs in a goroutine until stop.
type task struct {
	cancel context.CancelFunc
	done   chan error
}

func startTask(f func(context.Context) error) task {
	ctx, cancel := context.WithCancel(context.Background())
	t := task{cancel: cancel, done: make(chan error, 1)}
	go func() { t.done <- f(ctx) }()
	return t
}

// stop cancels the context of the function, waits for it, and returns its error.
func (t task) stop() error {
	t.cancel()
	return <-t.done
}

// startDemo starts all parts. It starts the relay before the reporter, so that no
// line is sent to an address that is not bound yet.
func startDemo(o demoOptions) (*pipeline, error) {
	listener, err := web.Listen(o.http)
	if err != nil {
		return nil, fmt.Errorf("-http %s: %w", o.http, err)
	}
	p := &pipeline{
		address: listener.Addr().String(),
		store:   recent.NewWith(recent.Options{Window: demoWindow}),
		service: vlite.New(),
		traces:  tracing.NewRecorder(monkit.Default, tracing.RecorderOptions{}),
	}
	if err := p.startRelay(); err != nil {
		listener.Close()
		p.traces.Close()
		return nil, err
	}
	p.startPush(o.interval)
	p.loading = startTask(func(ctx context.Context) error {
		p.service.Load(ctx, o.rate)
		return nil
	})
	p.startPage(listener)
	return p, nil
}

func (p *pipeline) startRelay() (err error) {
	p.relay, err = relay.New(relay.Config{
		Listen:       []string{"graphite+udp://127.0.0.1:0"},
		Destinations: []relay.Destination{{Name: "recent", Reporter: p.store}},
		Registry:     monkit.Default,
	})
	if err != nil {
		return err
	}
	p.relaying = startTask(p.relay.Run)
	return nil
}

// startPush does what a program does in the first lines of main. It writes tagged
// paths, so that the page can show scopes and functions.
func (p *pipeline) startPush(interval time.Duration) {
	environment.Register(monkit.Default)
	p.push = graphite.NewWith("udp://"+p.relay.Addrs()[0].String(), graphite.Options{Tagged: true})
	p.collector = collect.New(monkit.Default, collect.Options{Interval: interval, Spread: -1}, p.push)
}

func (p *pipeline) startPage(listener net.Listener) {
	page := &demoPage{store: p.store, tally: p.tally, first: vlite.Scope(), started: time.Now()}
	h := demoHandler(page, present.HTTPWith(monkit.Default, present.Options{Recorder: p.traces}), prometheus.New(monkit.Default), p.service)
	p.serving = startTask(func(ctx context.Context) error { return webpage.Serve(ctx, listener, h) })
}

// stopTime is how long the collector may take to send the last values. All of
// the pipeline is on this machine.
const stopTime = 5 * time.Second

// stop stops the parts in the order in which a metric passes them, so that all
// values arrive at the store.
func (p *pipeline) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	p.loading.stop() // returns no error
	p.traces.Close()
	return errors.Join(
		p.collector.Close(ctx),
		p.relaying.stop(),
		p.serving.stop())
}

// tally reads the ledger of the reporter before that of the relay, so that lines
// which arrive between the two do not seem to be missing.
func (p *pipeline) tally() tally {
	sent := p.push.Ledger()
	passed := p.relay.Ledger()
	return newTally(sent, passed.Received(), passed.Listeners[0].KernelDrops, passed.Destinations[0].Ledger)
}

// series returns the number of series in the store.
func (p *pipeline) series() int {
	n := 0
	for range p.store.Series(nil) {
		n++
	}
	return n
}
