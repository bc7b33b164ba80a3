package graphite

import (
	"monkit.example/internal/endpoint"
	"monkit.example/internal/push"
	"monkit.example/reporters"
)

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

// addresses are what New takes.
func addresses() endpoint.Default {
	return endpoint.Default{
		Format: Format, Formats: []string{Format}, Transport: endpoint.TCP, Port: "2003",
		Transports: []string{endpoint.TCP, endpoint.TLS, endpoint.UDP, endpoint.Unix, endpoint.Unixgram},
	}
}

// New returns a reporter that pushes to addr. It starts a goroutine, which
// Close of the reporter joins; closing a collector closes its reporters.
func New(addr string) *reporters.Pusher { return NewWith(addr, Options{}) }

// NewWith is New with options.
func NewWith(addr string, o Options) *reporters.Pusher {
	return push.New(NewCodec(o), func() (*reporters.Pusher, error) {
		ep, err := endpoint.Parse(addr, addresses())
		if err != nil {
			return nil, err
		}
		return Open(ep, o)
	})
}

// Open is NewWith for an address that is parsed already. The error says what
// is wrong with it.
func Open(ep endpoint.Endpoint, o Options) (*reporters.Pusher, error) {
	return push.Open(ep, NewCodec(o), push.Options{Send: o.Send})
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
