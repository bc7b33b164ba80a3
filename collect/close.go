package collect

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// closeTimeout is how long Close may take if its context has no deadline:
// long enough to send a whole queue to a destination that works, and no longer
// than supervisors wait before they kill a program.
const closeTimeout = 10 * time.Second

// closeGrace is by how much each of the three steps of Close may last longer
// than its context. The rest of graceTime is for a machine that is busy.
const closeGrace = graceTime / 4

// Close ends the ticks, walks a last time, flushes and closes every reporter
// and joins every goroutine. When ctx ends before that, Close returns within
// 100 ms, and the error names what was abandoned. A context without a deadline
// ends after 10 s here, so that a program can exit whose destination is
// unavailable. The last walk may take three quarters of the time; one that has
// not ended then is not reported. Close may be called several times; a later
// call waits for the first until its ctx ends, and returns the error of the
// first.
func (c *Collector) Close(ctx context.Context) error {
	if c.closing.CompareAndSwap(false, true) {
		limited, cancel := withDeadline(ctx)
		c.close(limited)
		cancel()
	}
	select {
	case <-c.closed:
		return c.closeErr
	default:
	}
	select {
	case <-c.closed:
		return c.closeErr
	case <-ctx.Done():
		return fmt.Errorf("collect: close: another call has not returned: %w", ctx.Err())
	}
}

func withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, limited := ctx.Deadline(); limited {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, closeTimeout)
}

func (c *Collector) close(ctx context.Context) {
	c.endTicks()
	flushed, stopA := afterGrace(ctx, closeGrace)
	closed, stopB := afterGrace(ctx, 2*closeGrace)
	joined, stopC := afterGrace(ctx, 3*closeGrace)
	defer func() { stopA(); stopB(); stopC() }()
	for _, r := range c.runners {
		r.hurry()
	}
	b, walkErr := c.lastWalk(ctx)
	errs := c.flush(ctx, b, flushed)
	close(c.quit)
	c.cancel()
	for i, err := range c.each(closed, func(r *runner) error { return r.close(ctx) }) {
		if err != nil { // says what became of the lines that Flush left
			errs[i] = err
		}
	}
	c.closeErr = errors.Join(walkErr, c.join(errs), c.waitRunners(joined))
	if c.detach != nil {
		c.detach()
	}
	close(c.closed)
	wait(c.retire, joined)
}

// lastWalk returns the batch of a walk, or an error after three quarters of the
// time that ctx leaves, so that what was reported before can be sent.
func (c *Collector) lastWalk(ctx context.Context) (*sharedBatch, error) {
	end, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeout(ctx, time.Until(end)/4*3)
	defer cancel()
	b, err := c.walkNow(ctx)
	if err != nil {
		c.walker.cut()
		return nil, fmt.Errorf("collect: close: the last values are not reported: %w", err)
	}
	return b, nil
}

// start calls f in a goroutine, which Close joins unless it does so already.
func (c *Collector) start(f func()) {
	c.starting.Lock()
	defer c.starting.Unlock()
	if c.joining {
		go f()
		return
	}
	c.running.Go(f)
}

// waitRunners joins the goroutines of ticks, walks and runners.
func (c *Collector) waitRunners(expired <-chan struct{}) error {
	c.starting.Lock()
	c.joining = true
	c.starting.Unlock()
	if !wait(c.running.Wait, expired) {
		return errors.New("collect: close: not all goroutines have ended: a walk, Report of a reporter, or the logger does not return")
	}
	return nil
}

// wait calls f in a goroutine and waits until it returns. It reports false if
// expired is closed before that.
func wait(f func(), expired <-chan struct{}) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return true
	case <-expired:
		return false
	}
}
