package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"monkit.example/internal/loglimit"
)

// untilSignal returns a context that ends at a signal to end the process, and
// calls onSignal then. A second signal ends the process at once. The signals are an
// interrupt and SIGTERM, and those of more.
func untilSignal(onSignal func(), more ...os.Signal) (ctx context.Context, release func()) {
	ctx, stop := signal.NotifyContext(context.Background(), append(more, os.Interrupt, syscall.SIGTERM)...)
	cancel := context.AfterFunc(ctx, func() {
		stop() // a second signal has its default effect
		onSignal()
	})
	return ctx, func() {
		cancel()
		stop()
	}
}

// ignoreSignals logs the signals of which the default effect would end the process
// without its drain, and which mean nothing to a relay. It logs one a minute.
// release joins its goroutine.
func ignoreSignals(log *slog.Logger) (release func()) {
	arrived, done := make(chan os.Signal, 1), make(chan struct{})
	if len(ignored) > 0 {
		signal.Notify(arrived, ignored...)
	}
	go func() {
		defer close(done)
		var limit loglimit.Limit
		for s := range arrived {
			if more, ok := limit.Allow(time.Now()); ok {
				log.Warn("this signal is ignored: the relay reads its flags only when it starts; SIGTERM ends it", "signal", s.String(), "more", more)
			}
		}
	}()
	return func() {
		if len(ignored) > 0 {
			signal.Ignore(ignored...) // one that is on its way must not end the process
		}
		close(arrived)
		<-done
	}
}
