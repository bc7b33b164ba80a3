package push

import (
	"fmt"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/send"
	"monkit.example/reporters"
)

// Options are what a format knows of its destinations.
type Options struct {
	Send reporters.SendOptions // the user's
	Dial send.DialOptions
	// Once is for lines that must rather be lost than arrive twice.
	Once bool
}

// Open returns a Pusher that sends to ep. It connects to nothing yet; an error
// says what is wrong with ep.
func Open(ep endpoint.Endpoint, codec reporters.Codec, o Options) (*reporters.Pusher, error) {
	t, err := send.Open(ep, o.Dial)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ep.Destination(), err)
	}
	s := send.New(t, send.Options{
		Name: ep.Destination(), MaxBytes: o.Send.MaxBytes, MaxAge: o.Send.MaxAge, Logger: o.Send.Logger, Once: o.Once,
	})
	p := reporters.PusherOptions{MaxPayload: o.Send.MaxPayload, Format: codec.Name(), Name: codec.Name() + "+" + ep.Destination()}
	if p.MaxPayload <= 0 {
		p.MaxPayload = maxPayload(ep)
	}
	return reporters.NewPusher(codec, s, p), nil
}

// maxPayload is how much suits the transport at a time.
func maxPayload(ep endpoint.Endpoint) int {
	switch {
	case ep.Transport == endpoint.UDP:
		return 1432 // an Ethernet frame's, less the longest IPv4 header and UDP's, or IPv6's
	case ep.Transport == endpoint.Unixgram:
		return 8192 // what agents read at a time
	case ep.IsHTTP():
		return 512 << 10 // some five thousand lines, which is what InfluxDB advises
	}
	return 64 << 10 // large enough that the system call is not what counts
}

// New returns what open does. If that fails, each report of the Pusher it
// returns says why: one bad address does not stop the others.
func New(codec reporters.Codec, open func() (*reporters.Pusher, error)) *reporters.Pusher {
	p, err := open()
	if err != nil {
		return reporters.NewPusher(codec, reporters.Broken(err), reporters.PusherOptions{Format: codec.Name()})
	}
	return p
}
