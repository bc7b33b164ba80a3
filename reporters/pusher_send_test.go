package reporters

import (
	"context"
	"errors"
	"testing"

	"monkit.example/reporters/ledger"
)

// plainSender takes payloads until err is set, and has no ledger.
type plainSender struct {
	payloads []string
	err      error
}

func (s *plainSender) Send(_ context.Context, payload []byte, _ int) error {
	if s.err == nil {
		s.payloads = append(s.payloads, string(payload))
	}
	return s.err
}

func (*plainSender) Flush(context.Context) error { return nil }
func (*plainSender) Close(context.Context) error { return nil }

func TestPusherSendsPayloadsUnchanged(t *testing.T) {
	out := &plainSender{}
	p := NewPusher(nil, out, PusherOptions{MaxPayload: 4}) // which bounds what it cuts itself
	if err := p.Send(t.Context(), []byte("one\ntwo\n"), 2); err != nil {
		t.Fatal(err)
	}
	out.err = &ledger.Error{Reason: ledger.Oversize, Err: errors.New("too long")}
	if err := p.Send(t.Context(), []byte("three\n"), 1); !errors.Is(err, out.err) {
		t.Errorf("%v", err)
	}
	if len(out.payloads) != 1 || out.payloads[0] != "one\ntwo\n" {
		t.Errorf("sent %q", out.payloads)
	}
	if l := p.Ledger(); l.Accepted != 3 || l.Delivered != 2 || l.Dropped[ledger.Oversize] != 1 || l.Check() != nil {
		t.Errorf("ledger %v", l)
	}
}
