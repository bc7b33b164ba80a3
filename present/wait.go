package present

import (
	"context"
	"io"
	"time"
)

// keepAlive is how often something is written while nothing is to be said, so
// that what is between the asker and us does not take the connection for
// dead. A newline may stand before whatever follows.
const keepAlive = 30 * time.Second

// waitAlive runs wait and keeps w alive meanwhile. The context of wait ends
// when w fails; the error is w's then.
func waitAlive(ctx context.Context, w io.Writer, wait func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	extend(w, keepAlive)
	defer extend(w, 0)
	joined := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(joined)
		keepWriting(w, stop, cancel)
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

func keepWriting(w io.Writer, stop chan struct{}, failed context.CancelCauseFunc) {
	ticker := time.NewTicker(keepAlive)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			extend(w, keepAlive)
			if err := writeAlive(w); err != nil {
				failed(err)
				return
			}
		}
	}
}

// extend has a timeout of w begin d from now, if it has one.
func extend(w io.Writer, d time.Duration) {
	if e, ok := w.(interface{ Extend(time.Duration) }); ok {
		e.Extend(d)
	}
}

func writeAlive(w io.Writer) error {
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	if f, ok := w.(interface{ Flush() error }); ok {
		return f.Flush()
	}
	return nil
}
