package influx

import (
	"net/http"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/push"
	"monkit.example/internal/send"
	"monkit.example/reporters"
)

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

// New returns a reporter that pushes to addr. It starts a goroutine, which
// Close of the reporter joins; closing a collector closes its reporters.
func New(addr string) *reporters.Pusher { return NewWith(addr, Options{}) }

// NewWith is New with options.
func NewWith(addr string, o Options) *reporters.Pusher {
	return push.New(NewCodec(o), func() (*reporters.Pusher, error) {
		ep, err := parse(addr)
		if err != nil {
			return nil, err
		}
		return Open(ep, o)
	})
}

// Open is NewWith for an address that is parsed already. The error says what
// is wrong with it.
func Open(ep endpoint.Endpoint, o Options) (*reporters.Pusher, error) {
	ep, auth, err := complete(ep, o.Database)
	if err != nil {
		return nil, err
	}
	dial := send.DialOptions{Gzip: true}
	if o.Token != nil {
		dial.Header = func(h http.Header) { h.Set("Authorization", auth+" "+o.Token()) }
	}
	return push.Open(ep, NewCodec(o), push.Options{Send: o.Send, Dial: dial})
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
