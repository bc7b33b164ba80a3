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
	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/recent"
	"monkit.example/tracing"
)

// line is all that the demo runs, in the order in which a metric passes it.
type line struct {
	address string // of the page

	service   *vlite.Service
	traces    *tracing.Recorder // of the service
	collector *collect.Collector
	push      *reporters.Pusher
	relay     *relay.Relay
	store     *recent.Store

	load, carry, page task
}

// task is a goroutine that is told to end and waited for.
type task struct {
	end  context.CancelFunc
	done chan error
}

func startTask(f func(context.Context) error) task {
	ctx, cancel := context.WithCancel(context.Background())
	t := task{end: cancel, done: make(chan error, 1)}
	go func() { t.done <- f(ctx) }()
	return t
}

func (t task) stop() error {
	t.end()
	return <-t.done
}

// startDemo starts everything from the far end, so that nothing is sent to
// what does not listen yet.
func startDemo(o demoOptions) (*line, error) {
	listener, err := web.Listen(o.http)
	if err != nil {
		return nil, fmt.Errorf("-http %s: %w", o.http, err)
	}
	l := &line{
		address: listener.Addr().String(),
		store:   recent.NewWith(recent.Options{Window: demoWindow}),
		service: vlite.New(),
		traces:  tracing.NewRecorder(monkit.Default, tracing.RecorderOptions{}),
	}
	if err := l.startRelay(); err != nil {
		listener.Close()
		l.traces.Close()
		return nil, err
	}
	l.startPush(o.interval)
	l.load = startTask(func(ctx context.Context) error {
		l.service.Load(ctx, o.rate)
		return nil
	})
	l.startPage(listener)
	return l, nil
}

func (l *line) startRelay() (err error) {
	l.relay, err = relay.New(relay.Config{
		Listen:       []string{"graphite+udp://127.0.0.1:0"},
		Destinations: []relay.Destination{{Name: "recent", Reporter: l.store}},
		Registry:     monkit.Default,
	})
	if err != nil {
		return err
	}
	l.carry = startTask(l.relay.Run)
	return nil
}

// startPush is what a program of its own would do in the first lines of main.
// The paths are tagged, so that the page can tell scopes and functions apart.
func (l *line) startPush(interval time.Duration) {
	environment.Register(monkit.Default)
	l.push = graphite.NewWith("udp://"+l.relay.Addrs()[0].String(), graphite.Options{Tagged: true})
	l.collector = collect.New(monkit.Default, collect.Options{Interval: interval, Spread: -1}, l.push)
}

func (l *line) startPage(listener net.Listener) {
	page := &demoPage{store: l.store, tally: l.tally, first: vlite.Scope(), started: time.Now()}
	h := demoHandler(page, present.HTTPWith(monkit.Default, present.Options{Recorder: l.traces}), l.service)
	l.page = startTask(func(ctx context.Context) error { return web.Serve(ctx, listener, h) })
}

// stopTime is how long each part may take to end. All is on this machine.
const stopTime = 5 * time.Second

// stop ends the line from its beginning, so that all that was measured passes
// through to the end.
func (l *line) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	l.load.stop()
	l.traces.Close()
	return errors.Join(
		l.collector.Close(ctx),
		l.carry.stop(),
		l.page.stop())
}

// tally reads the ledgers from the beginning of the line, so that what moves
// meanwhile never seems to have arrived before it was sent.
func (l *line) tally() tally {
	sent := l.push.Ledger()
	passed := l.relay.Ledger()
	return newTally(sent, passed.Received(), passed.Listeners[0].KernelDrops, passed.Destinations[0].Ledger)
}

// series is how many have arrived and are still shown.
func (l *line) series() int {
	n := 0
	for range l.store.Series(nil) {
		n++
	}
	return n
}
