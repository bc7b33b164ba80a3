package cases

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"syscall"

	"monkit.example/collect"
	"monkit.example/reporters"
	"monkit.example/tracing/zipkin"
)

func fatalAfterClose(ctx context.Context) {
	c := collect.Every()
	defer c.Close(ctx)
	if err := work(ctx); err != nil {
		log.Fatal(err) // want `log.Fatal ends the process without the deferred c.Close, so the last values are lost; return an error instead, or call c.Close before`
	}
}

func everyExit(ctx context.Context, logger *log.Logger) {
	c := collect.Every()
	defer func() {
		_ = c.Close(ctx)
	}()
	switch ctx {
	case nil:
		log.Fatalf("%v", ctx) // want `log.Fatalf ends the process`
	case context.WithoutCancel(ctx):
		log.Fatalln(ctx) // want `log.Fatalln ends the process`
	case context.Background():
		logger.Fatal(ctx) // want `logger.Fatal ends the process`
	default:
		os.Exit(1)      // want `os.Exit ends the process`
		syscall.Exit(1) // want `syscall.Exit ends the process`
	}
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func byAHelper(ctx context.Context) {
	c := collect.Every()
	defer c.Close(ctx)
	check(work(ctx)) // want `check ends the process`
}

func exporter(ctx context.Context) {
	e := &zipkin.Exporter{}
	defer e.Close(ctx)
	os.Exit(0) // want `without the deferred e.Close`
}

func anyReporter(ctx context.Context, r reporters.Reporter) {
	defer r.Close(ctx)
	os.Exit(0) // want `without the deferred r.Close`
}

func flushed(ctx context.Context, r reporters.Reporter) {
	defer r.Flush(ctx)
	os.Exit(0) // want `without the deferred r.Flush`
}

func inAGoroutine(ctx context.Context) {
	c := collect.Every()
	defer c.Close(ctx)
	go func() {
		log.Fatal(work(ctx)) // want `log.Fatal ends the process`
	}()
	func() {
		log.Fatal(work(ctx)) // want `log.Fatal ends the process`
	}()
}

func deferredAfterClose(ctx context.Context) (err error) {
	c := collect.Every()
	defer c.Close(ctx)
	defer func() {
		if err != nil {
			os.Exit(1) // want `os.Exit ends the process`
		}
	}()
	defer os.Exit(2) // want `os.Exit ends the process`
	return nil
}

func inALiteral(ctx context.Context) {
	each(func() error {
		c := collect.Every()
		defer c.Close(ctx)
		log.Fatal(ctx) // want `log.Fatal ends the process`
		return nil
	})
	log.Fatal(ctx)
}

// These lose nothing.

func beforeClose(ctx context.Context) {
	if ctx == nil {
		log.Fatal("no context")
	}
	c := collect.Every()
	defer os.Exit(1)
	defer c.Close(ctx)
}

func closedFirst(ctx context.Context) {
	c := collect.Every()
	defer c.Close(ctx)
	if err := work(ctx); err != nil {
		c.Close(ctx)
		log.Fatal(err)
	}
	if err := c.Flush(ctx); err != nil {
		log.Fatal(err)
	}
}

func otherBranch(ctx context.Context) {
	if ctx != nil {
		c := collect.Every()
		defer c.Close(ctx)
	} else {
		log.Fatal("no context")
	}
	switch ctx {
	case nil:
		c := collect.Every()
		defer c.Close(ctx)
	default:
		log.Fatal("a context")
	}
}

func branchThatReturns(ctx context.Context) {
	if ctx != nil {
		c := collect.Every()
		defer c.Close(ctx)
		_ = work(ctx)
		return
	}
	log.Fatal("no context")
}

func stopped() (err error) {
	c := collect.Every()
	defer c.Close(context.Background())
	return errors.New("returned")
}

func callback(ctx context.Context) func() {
	c := collect.Every()
	defer c.Close(ctx)
	later := func() { log.Fatal("later") }
	return later
}

func panics(ctx context.Context) {
	c := collect.Every()
	defer c.Close(ctx)
	log.Panic("runs what is deferred")
}

type other struct{}

func (other) Close(context.Context) error { return nil }

func closesSomethingElse(ctx context.Context) {
	var o other
	defer o.Close(ctx)
	log.Fatal("nothing is lost")
}

func notDeferred(ctx context.Context) {
	c := collect.Every()
	defer fmt.Println("end")
	_ = c
	log.Fatal("nothing is deferred")
}
