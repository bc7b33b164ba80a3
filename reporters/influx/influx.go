package influx

import "monkit.example/reporters"

// Format is the name of the format.
const Format = "influx"

// Options change where and how lines are sent. The zero value is what [New]
// uses.
type Options struct {
	// Database is for InfluxDB 1 and 3, where the address does not name one.
	Database string
	// Token returns what authorises a request; it is asked for each, so that a
	// token may change. Nil means user and password of the address, if any.
	Token func() string
	// Send says how payloads get out.
	Send reporters.SendOptions
}

// codec is an encoder with the decoder beside it.
type codec struct{ encoder }

// NewCodec returns the format both ways. Decode may be called by several
// goroutines at a time.
func NewCodec(Options) reporters.Codec { return &codec{} }

// Name implements reporters.Codec.
func (*codec) Name() string { return Format }

// Decode implements reporters.Decoder.
func (*codec) Decode(b *reporters.Batch, p []byte) int { return decode(b, p) }
