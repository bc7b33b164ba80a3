package reporters

import (
	"context"

	"monkit.example/reporters/ledger"
)

var _ Sender = (*Pusher)(nil)

// Send passes a payload of whole lines in the Pusher's format to its sender,
// unchanged, and counts it as that many lines. It suits payloads that were made
// before, such as those that were kept on disk. If it returns an error, the
// lines are counted as dropped.
func (p *Pusher) Send(ctx context.Context, payload []byte, lines int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	done := false
	defer p.settleLocked(&done)
	p.book.Accept(int64(lines))
	err := p.out.Send(ctx, payload, lines)
	done = true
	if err != nil {
		p.book.Drop(ledger.ReasonOf(err), int64(lines))
		return err
	}
	if _, ok := p.out.(ledger.Keeper); !ok {
		p.book.Sent(int64(lines))
	}
	return nil
}
