package otlp

import (
	"fmt"
	"net/http"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/push"
	"monkit.example/reporters"
)

// Format is the name of the format.
const Format = "otlp"

const (
	// maxBody bounds a request before it is compressed. Servers take 20 MiB,
	// but a request of this size is quick to send again.
	maxBody = 512 << 10

	// minLines is the least that MaxPayload must leave for points beside the
	// resource: room for one with many attributes.
	minLines = 2 << 10

	// maxPoint bounds a point. Servers limit bodies only, so that this is far
	// above what a series has: monkit bounds names and tags.
	maxPoint = 64 << 10
)

// Options configure a reporter. The zero value is what [New] uses.
type Options struct {
	// Service is the attribute service.name of the resource. Empty means the
	// environment variable OTEL_SERVICE_NAME or, without it, the name of the
	// executable.
	Service string
	// Resource has more attributes of the resource. An empty value removes the
	// attribute. Nil adds none.
	Resource map[string]string
	// Token returns the bearer token that authorizes a request. It is called
	// for each request, so that a token may change. White space around the token
	// is ignored; without a token the request is not sent, and tried again
	// later. Nil means user and password of the address, if it has them.
	Token func() string
	// TokenFile is a file with the token, which is read for each request and
	// need not exist yet. The option tokenfile of the address replaces it, and
	// both replace Token. Empty means none.
	TokenFile string
	// Header changes the header of each request, before the token is added. Nil
	// changes nothing.
	Header func(h http.Header)
	// Send configures queue and payloads. MaxPayload bounds the body of a
	// request before it is compressed. Its zero means 512 KiB.
	Send reporters.SendOptions
}

// New returns a reporter that sends to addr. If addr is wrong, each report
// returns the error, which a collector logs; use [Open] to get it at once. The
// reporter has a goroutine, which its Close joins. Closing a collector closes
// its reporters.
func New(addr string) *reporters.Pusher { return NewWith(addr, Options{}) }

// NewWith is New with options.
func NewWith(addr string, o Options) *reporters.Pusher {
	p, err := Open(addr, o)
	if err != nil {
		return reporters.NewPusher(newEncoder(), reporters.Broken(err), reporters.PusherOptions{Format: Format})
	}
	return p
}

// Open is NewWith for callers that want the error of a wrong address. It
// connects to nothing yet.
func Open(addr string, o Options) (*reporters.Pusher, error) {
	ep, err := endpoint.Parse(addr, endpoint.Default{
		Format: Format, Formats: []string{Format}, Transport: endpoint.HTTP, HTTPPort: "4318",
		Transports: []string{endpoint.HTTP, endpoint.HTTPS},
	})
	if err != nil {
		return nil, err
	}
	p, err := open(ep, o)
	if err != nil {
		return nil, fmt.Errorf("%s address %s: %w", Format, ep.Destination(), err)
	}
	return p, nil
}

func open(ep endpoint.Endpoint, o Options) (*reporters.Pusher, error) {
	dial, err := o.dial(&ep)
	if err != nil {
		return nil, err
	}
	d := newDocument(o.resource())
	payload, err := o.maxPayload(d)
	if err != nil {
		return nil, err
	}
	t, err := openDocuments(ep, d, dial)
	if err != nil {
		return nil, err
	}
	return push.New(newEncoder(), t, push.Options{
		Format: Format, Name: Format + "+" + ep.Destination(), FormerName: Format + "+" + ep.FormerDestination(),
		MaxPayload: payload, MaxLine: min(maxPoint, payload), Send: o.Send,
	})
}

// maxPayload returns the size of the lines that fit into a body of d.
func (o Options) maxPayload(d *document) (int, error) {
	body := o.Send.MaxPayload
	if body <= 0 {
		body = maxBody
	}
	if body < d.size()+minLines {
		return 0, fmt.Errorf("Options.Send.MaxPayload is %d bytes, of which the resource takes %d; write at least %d", body, d.size(), d.size()+minLines)
	}
	return body - d.size(), nil
}
