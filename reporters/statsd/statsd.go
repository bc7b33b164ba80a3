package statsd

import "monkit.example/reporters"

// Format is the name of the format.
const Format = "statsd"

// Options change what is written. The zero value is what [New] uses.
type Options struct {
	// Prefix goes before every name, such as "prod.web1". Empty means none.
	Prefix string
	// Tags speaks the dialect of DogStatsD, which has tags. False means the
	// reference daemon's: the tags' values are parts of the name.
	Tags bool
	// Send says how payloads get out.
	Send reporters.SendOptions
}

// codec is an encoder with the decoder beside it, which keeps no state.
type codec struct{ encoder }

// NewCodec returns the format both ways. Decode may be called by several
// goroutines at a time.
func NewCodec(o Options) reporters.Codec { return &codec{encoder{namer: newNamer(o)}} }

// Name implements reporters.Codec.
func (*codec) Name() string { return Format }

// Decode implements reporters.Decoder.
func (c *codec) Decode(b *reporters.Batch, p []byte) int { return decode(b, p, c.namer.tags) }
