package send

import (
	"context"
	"fmt"
	"time"

	"monkit.example/reporters/ledger"
)

const (
	// joinTime is how long Close waits for run after ctx has ended.
	joinTime = 100 * time.Millisecond
	// diskTime is how long Close waits after that until what is pending is on disk:
	// while other programs write, a disk takes hundreds of milliseconds for a sync.
	// Only one that hangs takes all of it.
	diskTime = 3 * time.Second
)

// Close flushes until ctx ends, drops the lines that are left with reason
// closed, and joins the goroutine. A chunk that waits for a retry is sent at
// once, unless the peer asked for the wait, and later waits are no longer than a
// quarter of the time that is left. A stream is closed in order: if its peer resets
// it instead, the lines that the peer may not have read are sent again. With
// Options.Spool what is left stays on disk: a disk that hangs makes Close return up
// to diskTime later. The error names the lines that were dropped since the last
// Flush. Later calls wait for the first, or until their ctx ends, and return its
// error.
func (s *Sender) Close(ctx context.Context) error {
	s.mu.Lock()
	first := !s.closing
	s.closing = true
	s.mu.Unlock()
	if first {
		s.shutDown(ctx)
	}
	select {
	case <-s.closed:
	case <-ctx.Done():
		select {
		case <-s.closed:
		default:
			return s.pendingError("pending in another Close", ctx.Err())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closeErr
}

// shutDown is the work of the first Close.
func (s *Sender) shutDown(ctx context.Context) {
	defer close(s.closed)
	s.hurry(ctx)
	err := s.settle(ctx)
	if err == nil {
		s.finish(ctx)
	}
	if s.keeper != nil {
		s.endKeeper()
	}
	if dropped := s.queue.abandon(); dropped > 0 {
		err = s.linesError(dropped, "dropped", ctx.Err())
		s.log().Warn("closed before all lines were sent", "destination", s.opts.Name, "dropped", dropped)
	} else {
		err = s.takeLosses()
	}
	if kept := s.Ledger().Pending; kept > 0 {
		s.log().Info("lines stay on disk for the next start", "destination", s.opts.Name, "lines", kept)
	}
	s.mu.Lock()
	s.closeErr = err
	s.mu.Unlock()
	s.abortAndJoin()
	if err := s.queue.book.Close(); err != nil {
		s.log().Warn("cannot write the counts of lines to disk", "destination", s.opts.Name, "err", err)
	}
}

// endKeeper has the keeper write what is pending, and joins it. Most is on disk
// already. It ends run before, which may still find that lines must be sent again.
func (s *Sender) endKeeper() {
	s.abort()
	if s.join() {
		s.queue.forgetRedo()
	}
	s.keeper.close(diskTime)
}

// hurry ends the backoff, has later ones fit into the time that ctx leaves, and
// makes pace send everything in half of that.
func (s *Sender) hurry(ctx context.Context) {
	end, ok := ctx.Deadline()
	s.retry.hurry(end)
	if ok && s.pace != nil {
		s.pace.hurry(time.Now().Add(time.Until(end) / 2))
	}
	s.wake()
}

// finish has run close the connection in order, and waits until it has returned,
// or ctx ends. If the peer resets the connection instead, run sends the lines again
// that the peer may not have read: over a new connection, for up to redoAge after
// they were acknowledged first.
func (s *Sender) finish(ctx context.Context) {
	s.finishing.Store(true)
	s.wake()
	select {
	case <-s.done:
	case <-ctx.Done():
	}
}

// abortAndJoin ends the calls that the transport blocks in, and waits until run
// has returned. It does not wait longer than joinTime for a transport that
// ignores its context: run then returns when the transport does.
func (s *Sender) abortAndJoin() {
	s.abort()
	s.join()
}

// join waits for run, but not longer than joinTime. It reports whether run has
// returned.
func (s *Sender) join() bool {
	select {
	case <-s.done:
	case <-time.After(joinTime):
	}
	select {
	case <-s.done: // maybe both came while this goroutine did not run
		return true
	default:
		return false
	}
}

// abort makes run return soon.
func (s *Sender) abort() {
	s.stop()
	if a, ok := optional[aborter](s.transport); ok {
		a.Abort()
	}
}

// takeLosses returns an error that names the lines that were dropped since the
// last call, or nil. Points that the format cannot hold, and what an earlier run
// lost, are not among them.
func (s *Sender) takeLosses() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	dropped := s.queue.book.Ledger().Dropped
	lost := since(s.returned, dropped)
	s.returned = dropped
	delete(lost, ledger.NotFinite) // no destination can be expected to get these
	delete(lost, ledger.Unsupported)
	delete(lost, ledger.NameCollision)
	delete(lost, ledger.Crash) // of an earlier run
	if lost.Sum() == 0 {
		return nil
	}
	err := fmt.Errorf("send to %s: %d lines dropped: %v", s.opts.Name, lost.Sum(), lost)
	if h := s.retry.snapshot(); h.rejection != nil && lost[ledger.Rejected]+lost[ledger.Oversize] > 0 {
		return fmt.Errorf("%w (last rejection: %w)", err, h.rejection)
	}
	return err
}

func (s *Sender) pendingError(state string, ctxErr error) error {
	return s.linesError(int(s.queue.ledger().Pending), state, ctxErr)
}

// linesError returns an error for lines that were not delivered before ctx
// ended, or whose connection failed when it was closed. It wraps the error of ctx
// and the last failure.
func (s *Sender) linesError(lines int, state string, ctxErr error) error {
	name, last := s.opts.Name, s.retry.snapshot().last
	switch {
	case last == nil:
		return fmt.Errorf("send to %s: %d lines %s: %w", name, lines, state, ctxErr)
	case ctxErr == nil:
		return fmt.Errorf("send to %s: %d lines %s: %w", name, lines, state, last)
	}
	return fmt.Errorf("send to %s: %d lines %s: %w (last failure: %w)", name, lines, state, ctxErr, last)
}
