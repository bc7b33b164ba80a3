package graphite

import "monkit.example/reporters"

// Format is the name of the format.
const Format = "graphite"

// Options change what is written. The zero value is what [New] uses.
type Options struct {
	// Prefix goes before every path, such as "prod.web1". Empty means none.
	Prefix string
	// Tagged writes series as measurement.field;tag=value, which Graphite has
	// known since 1.1. False means that the tags' values are parts of the path.
	Tagged bool
	// Send says how payloads get out.
	Send reporters.SendOptions
}

// codec is an encoder with the decoder beside it, which keeps no state.
type codec struct{ encoder }

// NewCodec returns the format both ways. Decode may be called by several
// goroutines at a time.
func NewCodec(o Options) reporters.Codec {
	return &codec{encoder{namer: newNamer(o.Prefix, o.Tagged)}}
}

// Name implements reporters.Codec.
func (*codec) Name() string { return Format }

// Decode implements reporters.Decoder.
func (*codec) Decode(b *reporters.Batch, p []byte) int { return decode(b, p) }
