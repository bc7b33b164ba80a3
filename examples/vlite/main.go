// Vlite runs a small video service that is instrumented with monkit. It is the
// program that the tutorials start from:
//
//	go run ./examples/vlite
//	go run ./examples/vlite -graphite 127.0.0.1:2003
//
// The first command serves videos at http://127.0.0.1:8080/videos, generates
// load, and serves the debug pages at http://127.0.0.1:8080/debug/. The second
// one also pushes the metrics to a Graphite server or to monkit-relay.
//
// The instrumented code is in package vlite, in the folder below this one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"monkit.example/collect"
	"monkit.example/environment"
	"monkit.example/examples/vlite/vlite"
	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/reporters/graphite"
	"monkit.example/tracing"
)

// flags are the flags of the command line.
type flags struct {
	addr     string
	graphite string
	load     float64
}

func main() {
	var f flags
	flag.StringVar(&f.addr, "addr", "127.0.0.1:8080", "serve at this `address`")
	flag.StringVar(&f.graphite, "graphite", "", "push to the Graphite server at this `address`, such as 127.0.0.1:2003")
	flag.Float64Var(&f.load, "load", 50, "send this `number` of requests per second to the service itself")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, f, log.Printf); err != nil {
		log.Fatal("vlite: ", err)
	}
}

// run serves until ctx ends. It logs where it serves.
func run(ctx context.Context, f flags, logf func(format string, args ...any)) (err error) {
	environment.Register(monkit.Default)
	if f.graphite != "" {
		c := collect.Every(10*time.Second, graphite.New(f.graphite))
		defer func() { err = errors.Join(err, closeSoon(c.Close)) }()
	}

	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		return fmt.Errorf("-addr: %w", err)
	}
	service := vlite.New()
	traces := tracing.NewRecorder(monkit.Default, tracing.RecorderOptions{})
	defer traces.Close()
	server := &http.Server{
		Handler: routes(service, traces), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	logf("serving http://%v/videos and http://%v/debug/", listener.Addr(), listener.Addr())

	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { service.Load(ctx, f.load) })
	running.Go(func() {
		<-ctx.Done()
		if err := closeSoon(server.Shutdown); err != nil {
			server.Close()
		}
	})
	if err = server.Serve(listener); errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	stop()
	running.Wait()
	return err
}

func routes(service http.Handler, traces *tracing.Recorder) http.Handler {
	m := http.NewServeMux()
	m.Handle("/videos", service)
	m.Handle("/videos/", service)
	m.Handle("/debug/", http.StripPrefix("/debug", present.HTTPWith(monkit.Default, present.Options{Recorder: traces})))
	return m
}

// closeSoon calls a function that closes something, with 3 seconds to do so.
func closeSoon(closing func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	return closing(ctx)
}
