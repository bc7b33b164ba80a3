package listen

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"monkit.example/reporters/ledger"
)

// stream reads one connection into the ring of its listener. It belongs to
// one goroutine.
type stream struct {
	listener *Listener
	conn     net.Conn
	from     io.Reader // conn, or Options.Lines of it
	sender   Sender
	lines    splitter
}

func newStream(l *Listener, conn net.Conn) *stream {
	s := &stream{listener: l, conn: conn, from: conn, sender: SenderOf(conn.RemoteAddr()), lines: splitter{max: l.opts.MaxLine}}
	if l.opts.Lines != nil {
		s.from = l.opts.Lines(conn)
	}
	return s
}

// readUntil reads until ctx ends, which is no error, or the stream does.
func (s *stream) readUntil(ctx context.Context) error {
	for {
		s.conn.SetReadDeadline(time.Now().Add(s.listener.opts.Idle)) // if it fails, so does the read
		if ctx.Err() != nil {
			return nil // checked here, because this deadline may have replaced the one that interrupts
		}
		err := s.read()
		if err == nil {
			continue
		}
		if isTimeout(err) && ctx.Err() == nil {
			s.listener.counts.idleConns.Add(1)
		}
		return err
	}
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// quietTime is how long nothing must arrive for a drain to be complete.
const quietTime = 50 * time.Millisecond

// drain reads until nothing has arrived for quietTime.
func (s *stream) drain() {
	for end := time.Now().Add(drainTime); time.Now().Before(end); {
		s.conn.SetReadDeadline(time.Now().Add(quietTime)) // if it fails, so does the read
		if err := s.read(); err != nil {
			return
		}
	}
}

// read reads once and puts the whole lines into the ring. It waits for room
// there; until then the sender's data stays in the kernel.
func (s *stream) read() error {
	n, err := s.from.Read(s.lines.space())
	lines, tooLong := s.lines.add(n)
	c := &s.listener.counts
	c.bytes.Add(int64(n))
	if tooLong > 0 {
		s.listener.reject(ledger.TooLong, tooLong)
	}
	if len(lines) > 0 {
		s.listener.receive(lines)
		s.listener.ring.put(lines, s.sender)
	}
	return err
}
