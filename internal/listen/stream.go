package listen

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"monkit.example/internal/ready"
	"monkit.example/reporters/ledger"
)

// stream reads one connection into the ring of its listener. It belongs to
// one goroutine.
type stream struct {
	listener *Listener
	conn     net.Conn
	peer     peer
	member   *member
	first    *protocolReader
	from     io.Reader // first, or Options.Lines of it
	sender   Sender
	lines    splitter
	frames   frameBuffer

	arrived time.Time // the last bytes
	line    time.Time // the last whole line, or the start of the stream
}

// newStream returns a stream of conn, whose place in the pool of the listener is m.
func newStream(l *Listener, conn net.Conn, p peer, m *member) *stream {
	share := bufferShare{of: &l.buffers, host: p.host}
	s := &stream{
		listener: l, conn: conn, peer: p, member: m, sender: SenderOf(conn.RemoteAddr()),
		lines: splitter{max: l.opts.MaxLine, budget: share}, frames: frameBuffer{share: share}, line: time.Now(),
	}
	s.first = &protocolReader{from: conn, read: s.count}
	if s.from = s.first; l.opts.Lines != nil {
		s.from = l.opts.Lines(s.first, s.growFrames)
	}
	return s
}

// count counts n bytes that arrived.
func (s *stream) count(n int) {
	if n > 0 {
		s.listener.counts.bytes.Add(int64(n))
		s.arrived = time.Now()
	}
}

// run reads the stream to its end. When ctx ends it reads what has already
// arrived.
func (s *stream) run(ctx context.Context) {
	defer s.release()
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		s.conn.SetReadDeadline(time.Now()) // fails only if the stream has ended, which ends reads too
	})
	err := s.readUntil(ctx)
	if !stop() {
		<-interrupted // or its deadline would cut the draining short
	}
	if ctx.Err() != nil && (err == nil || isTimeout(err)) {
		err = s.drain(limitsOfDrain(ctx))
	}
	s.end(err)
}

// release gives the memory back when the stream has ended.
func (s *stream) release() {
	if c, ok := s.from.(io.Closer); ok {
		c.Close() // an error loses nothing: all was read
	}
	s.frames.release()
	s.lines.release()
}

// readUntil reads until ctx ends, which is no error, or the stream does. A stream
// ends as well if it sends no whole line for Options.Idle, whatever else it sends.
func (s *stream) readUntil(ctx context.Context) error {
	for {
		s.conn.SetReadDeadline(s.line.Add(s.listener.opts.Idle)) // if it fails, so does the read
		if ctx.Err() != nil {
			return nil // checked here, because this deadline may have replaced the one that interrupts
		}
		err := s.readLine()
		if isTimeout(err) && ctx.Err() == nil {
			s.rejectIdle()
		}
		if err != nil {
			return err
		}
	}
}

// readLine reads until a whole line has arrived.
func (s *stream) readLine() error {
	for before := s.line; s.line.Equal(before); {
		if err := s.read(); err != nil {
			return err
		}
	}
	return nil
}

// rejectIdle counts a stream that is closed because of Options.Idle. It is slow if
// it still sends something, and idle if not.
func (s *stream) rejectIdle() {
	idle := s.listener.opts.Idle
	reason := connIdle
	if !s.arrived.IsZero() && time.Since(s.arrived) <= idle/2 && s.arrived.After(s.line) {
		reason = connSlow
	}
	s.listener.rejectConn(reason, s.peer.text, "idle", idle)
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// drainLimits bound how a stream is read after its context has ended.
type drainLimits struct {
	quiet time.Duration // for so long nothing must arrive for the drain to be complete
	total time.Duration
}

// quietTime is how long nothing must arrive for a drain to be complete when Run
// ends.
const quietTime = 50 * time.Millisecond

// limitsOfDrain returns those of a stream whose ctx has ended: for one that was
// replaced, a newcomer waits.
func limitsOfDrain(ctx context.Context) drainLimits {
	if isReplaced(ctx) {
		return drainLimits{quiet: quietTime / 10, total: quietTime}
	}
	return drainLimits{quiet: quietTime, total: drainTime}
}

func isReplaced(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return cause == errReplaced || cause == errNoDescriptor
}

// drain reads until nothing has arrived for a while, which is no error. A timeout
// alone is no sign of that: if this process did not run for as long, nothing was
// read.
func (s *stream) drain(limits drainLimits) error {
	for end := time.Now().Add(limits.total); ; {
		s.conn.SetReadDeadline(time.Now().Add(limits.quiet)) // if it fails, so does the read
		if err := s.read(); err != nil && !(isTimeout(err) && ready.Read(s.conn)) {
			return err
		}
		if !time.Now().Before(end) {
			return nil
		}
	}
}

// end accounts for what is left of a stream that err, or its context, ended.
func (s *stream) end(err error) {
	var wrong *protocolError
	if !s.first.known && !errors.As(err, &wrong) {
		for s.first.ended, err = true, nil; err == nil; {
			err = s.read()
		}
	}
	if errors.As(err, &wrong) {
		s.rejectProtocol(wrong)
		return
	}
	rest := s.lines.rest()
	s.reject(ledger.Truncated, rest, countLines(rest))
}

// read reads once and puts the whole lines into the ring. It waits for room
// there; until then the sender's data stays in the kernel.
func (s *stream) read() error {
	space, dropped := s.lines.space()
	s.reject(ledger.BuffersFull, s.lines.example, dropped)
	n, err := s.from.Read(space)
	lines, tooLong := s.lines.add(n)
	s.reject(ledger.TooLong, s.lines.example, tooLong)
	if len(lines) > 0 {
		s.listener.receive(lines)
		s.listener.ring.put(lines, s.sender)
	}
	if s.lines.ended || len(bytes.TrimLeft(lines, " \t\r\n")) > 0 {
		s.use()
	}
	return err
}

// growFrames implements Grow. It counts a frame that there is no memory for at once: the
// reader returns when it has skipped the rest, which may never arrive.
func (s *stream) growFrames(by int) bool {
	ok := s.frames.grow(by)
	if !ok {
		s.reject(ledger.BuffersFull, nil, 1)
		s.use()
	}
	return ok
}

// use records that whole lines arrived, or ends of lines that are rejected. Blank ones
// do not count: they are no lines.
func (s *stream) use() {
	s.line = time.Now()
	s.member.use(s.line)
}

// reject counts lines that came in and go no further, of which text is the first.
func (s *stream) reject(reason ledger.Reason, text []byte, lines int64) {
	s.listener.reject(reason, lines)
	s.listener.rejected(reason, s.sender, text, lines)
}
