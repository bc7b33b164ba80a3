package graphite

import (
	"monkit.example/reporters"
	"monkit.example/reporters/lines"
)

// Format is the name of the format.
const Format = "graphite"

// Options configure a reporter. The zero value is what [New] uses.
type Options struct {
	// Prefix goes before every path, such as "prod.web1". Empty means none.
	Prefix string
	// GlobalTags are added to every series, such as the host, unless it has the tag
	// itself. Without them or a Prefix, two processes that run one program write
	// the same series. Nil means none.
	GlobalTags map[string]string
	// Tagged writes series as measurement.field;tag=value, which Graphite
	// reads since version 1.1. False means that the values of tags are parts
	// of the path.
	Tagged bool
	// Send configures queue and payloads.
	Send reporters.SendOptions
}

// New returns a reporter that sends to addr. If addr is wrong, each report
// returns the error, which a collector logs; use [Open] to get it at once. The
// reporter has a goroutine, which its Close joins. Closing a collector closes
// its reporters.
func New(addr string) *reporters.Pusher { return NewWith(addr, Options{}) }

// NewWith is New with options.
func NewWith(addr string, o Options) *reporters.Pusher {
	return lines.New(addr, NewCodec(o), o.lines())
}

// Open is NewWith for callers that want the error of a wrong address. It
// connects to nothing yet.
func Open(addr string, o Options) (*reporters.Pusher, error) {
	return lines.Open(addr, NewCodec(o), o.lines())
}

// MaxLine is the size limit of a line that is sent, in bytes with its line feed: that
// of a listener, 64 KiB, and what a time and plain numbers add to a received line.
const MaxLine = 80 << 10

func (o Options) lines() lines.Options {
	return lines.Options{Send: o.Send, Transport: "tcp", Port: "2003", MaxLine: MaxLine}
}

// codec is the encoder, with state, and the decoder, which has none.
type codec struct{ encoder }

// NewCodec returns the format in both directions. Decode may be called by
// several goroutines at a time.
func NewCodec(o Options) reporters.Codec { return &codec{newEncoder(o)} }

// Name returns Format.
func (*codec) Name() string { return Format }

// Decode implements reporters.Decoder.
func (*codec) Decode(b *reporters.Batch, p []byte) int { return decode(b, p) }
