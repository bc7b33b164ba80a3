package present

import (
	"context"
	"io"
	"time"
)

// keepAlive is how often a page that waits writes a newline, so that proxies
// do not take the connection for dead: many close those that are idle for a
// minute. A newline may precede any page: SVG and JSON allow it. Until the first,
// an error of the page still has a status, and the default timeout is shorter.
const keepAlive = 45 * time.Second

// waitKeepingAlive runs wait and writes newlines to w until it returns. The
// context of wait ends when w fails; then the error is the one of w.
func waitKeepingAlive(ctx context.Context, w io.Writer, wait func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	extendDeadline(w, keepAlive)
	defer extendDeadline(w, 0)
	joined := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(joined)
		writeKeepAlives(w, stop, cancel)
	}()
	err := wait(ctx)
	close(stop)
	<-joined
	switch cause := context.Cause(ctx); {
	case cause == nil:
		return err
	case cause != ctx.Err():
		return cause
	}
	return unavailable("the wait ended before a span matched")
}

func writeKeepAlives(w io.Writer, stop chan struct{}, failed context.CancelCauseFunc) {
	ticker := time.NewTicker(keepAlive)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			extendDeadline(w, keepAlive)
			if err := writeKeepAlive(w); err != nil {
				failed(err)
				return
			}
		}
	}
}

// extendDeadline restarts the write timeout of w d from now, if it has one.
func extendDeadline(w io.Writer, d time.Duration) {
	if e, ok := w.(interface{ Extend(time.Duration) }); ok {
		e.Extend(d)
	}
}

func writeKeepAlive(w io.Writer) error {
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	return flush(w)
}

// flush sends what has been written to w so far, if w buffers.
func flush(w io.Writer) error {
	if f, ok := w.(interface{ Flush() error }); ok {
		return f.Flush()
	}
	return nil
}
