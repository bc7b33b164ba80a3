package codectest

import (
	"bytes"
	"context"
)

// Payloads is a Sender that keeps the text of all payloads.
type Payloads struct{ Text bytes.Buffer }

// Send implements reporters.Sender.
func (p *Payloads) Send(_ context.Context, text []byte, _ int) error {
	p.Text.Write(text)
	return nil
}

// Flush implements reporters.Sender.
func (p *Payloads) Flush(context.Context) error { return nil }

// Close implements reporters.Sender.
func (p *Payloads) Close(context.Context) error { return nil }
