package send

import (
	"context"
	"fmt"
	"testing"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/send"
)

// outstanding is how many bytes may be accepted and not delivered before a side
// waits: more than the window of a stream, so that it is never empty, and less
// than the queue holds.
const outstanding = 6 << 20

// sender is a Sender with what it sends.
type sender struct {
	*send.Sender
	load     load
	accepted int64 // lines
}

// load is what one call of a side sends.
type load struct {
	payload  []byte
	lines    int // of payload
	payloads int // in a call
}

// newLoad returns total bytes of Graphite lines in payloads of size bytes.
func newLoad(size, total int) load {
	l := load{payloads: total / size}
	for ; ; l.lines++ {
		line := fmt.Appendf(nil, "example_com_service.function_times.web1.Function%03d.r99 0.012345 1700000000\n", l.lines%1000)
		if len(l.payload)+len(line) > size {
			return l
		}
		l.payload = append(l.payload, line...)
	}
}

func (l load) bytes() int { return l.payloads * len(l.payload) }

func openSender(t testing.TB, to string, d send.DialOptions, o send.Options) *send.Sender {
	ep, err := endpoint.Parse(to, endpoint.Default{})
	if err != nil {
		t.Fatal(err)
	}
	transport, err := send.Open(ep, d)
	if err != nil {
		t.Fatal(err)
	}
	o.Name = ep.Destination()
	return send.New(transport, o)
}

// newSender returns a Sender for l, which must have delivered every line when the
// test ends.
func newSender(t testing.TB, to string, d send.DialOptions, o send.Options, l load) *sender {
	s := &sender{Sender: openSender(t, to, d, o), load: l}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if got := s.Ledger(); got.Delivered != s.accepted || got.Check() != nil {
			t.Errorf("%d lines were sent; ledger %v", s.accepted, got)
		}
	})
	return s
}

// run sends the load and waits until it is delivered.
func (s *sender) run() {
	l := s.load
	most := int64(outstanding / len(l.payload) * l.lines)
	for range l.payloads {
		for s.pending() > most {
			time.Sleep(200 * time.Microsecond)
		}
		if err := s.Send(context.Background(), l.payload, l.lines); err != nil {
			panic(err) // the Sender is not closed
		}
		s.accepted += int64(l.lines)
	}
	s.flush()
}

func (s *sender) flush() {
	if err := s.Flush(context.Background()); err != nil {
		panic(err) // the sink takes everything
	}
}

// pending is Ledger().Pending without an allocation.
func (s *sender) pending() int64 {
	sent, recalled := s.Book().Traffic()
	return s.accepted - (sent - recalled)
}

// runEach sends the load and waits after each payload until it is delivered.
func (s *sender) runEach() {
	for range s.load.payloads {
		if err := s.Send(context.Background(), s.load.payload, s.load.lines); err != nil {
			panic(err) // the Sender is not closed
		}
		s.accepted += int64(s.load.lines)
		s.flush()
	}
}
