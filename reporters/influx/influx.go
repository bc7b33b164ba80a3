package influx

import (
	"net/http"
	"net/url"

	"monkit.example/reporters"
	"monkit.example/reporters/lines"
)

// Format is the name of the format.
const Format = "influx"

// Options configure a reporter. The zero value is what [New] uses.
type Options struct {
	// Database is for InfluxDB 1 and 3, if the address names none.
	Database string
	// Token returns the token that authorizes a request. It is called for
	// each request, so that a token may change. Nil means user and password
	// of the address, if it has them.
	Token func() string
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

func (o Options) lines() lines.Options {
	var a api // of the address, once URL was called
	h := &lines.HTTP{Port: "8086", Gzip: true}
	h.URL = func(u *url.URL) (err error) {
		a, err = complete(u, o.Database)
		return err
	}
	if o.Token != nil {
		h.Header = func(h http.Header) { h.Set("Authorization", a.auth+" "+o.Token()) }
	}
	return lines.Options{Send: o.Send, Transport: "http", HTTP: h}
}

// codec is the encoder, with state, and the decoder, which has none.
type codec struct{ encoder }

// NewCodec returns the format in both directions. Decode may be called by
// several goroutines at a time.
func NewCodec(Options) reporters.Codec { return &codec{} }

// Name returns Format.
func (*codec) Name() string { return Format }

// Decode implements reporters.Decoder.
func (*codec) Decode(b *reporters.Batch, p []byte) int { return decode(b, p) }
