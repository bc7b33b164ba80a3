package pickle

import (
	"cmp"
	"fmt"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/push"
	"monkit.example/internal/send"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
)

// Format is the name of the format in addresses.
const Format = "pickle"

// maxPayload is the default size of a payload of lines, which are about as long
// as what becomes of them.
const maxPayload = 64 << 10

// New returns a reporter that sends to addr. If addr is wrong, each report
// returns the error, which a collector logs; use [Open] to get it at once. The
// reporter has a goroutine, which its Close joins. Closing a collector closes
// its reporters.
func New(addr string) *reporters.Pusher { return NewWith(addr, graphite.Options{}) }

// NewWith is New with options.
func NewWith(addr string, o graphite.Options) *reporters.Pusher {
	p, err := Open(addr, o)
	if err != nil {
		return reporters.NewPusher(graphite.NewCodec(o), reporters.Broken(err), reporters.PusherOptions{Format: graphite.Format, Name: Format})
	}
	return p
}

// Open is NewWith for callers that want the error of a wrong address. It
// connects to nothing yet.
func Open(addr string, o graphite.Options) (*reporters.Pusher, error) {
	ep, err := endpoint.Parse(addr, endpoint.Default{
		Format: Format, Formats: []string{Format}, Transport: endpoint.TCP, Port: "2004",
		Transports: []string{endpoint.TCP, endpoint.TLS, endpoint.Unix},
		Options:    map[string][]string{Format: graphite.AddressOptions()},
	})
	if err != nil {
		return nil, err
	}
	if o, err = o.WithAddress(ep.Options); err != nil {
		return nil, fmt.Errorf("%s address %s: %w", Format, ep.Destination(), err)
	}
	t, err := send.Open(ep, send.DialOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s address %s: %w", Format, ep.Destination(), err)
	}
	s, ok := t.(send.Stream)
	if !ok {
		return nil, fmt.Errorf("%s address %s: not a stream; write tcp, tls or unix", Format, ep.Destination())
	}
	name := Format + "+" + ep.Destination()
	p, err := push.New(graphite.NewCodec(o), newFramed(s), push.Options{
		Format: graphite.Format, Name: name, MaxPayload: cmp.Or(max(o.Send.MaxPayload, 0), maxPayload), MaxLine: graphite.MaxLine, Send: o.Send,
	})
	if err != nil {
		return nil, fmt.Errorf("%s address %s: %w", Format, ep.Destination(), err)
	}
	return p, nil
}
