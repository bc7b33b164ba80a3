package otlp

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

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
	// for each request, so that a token may change. Nil means user and
	// password of the address, if it has them.
	Token func() string
	// Header changes the header of each request. Nil changes nothing.
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
	if err := complete(&ep); err != nil {
		return nil, fmt.Errorf("%s address %s: %w", Format, ep.Destination(), err)
	}
	d := newDocument(o.resource())
	payload, err := o.maxPayload(d)
	if err != nil {
		return nil, fmt.Errorf("%s address %s: %w", Format, ep.Destination(), err)
	}
	name := Format + "+" + ep.Destination()
	p, err := push.New(newEncoder(), newPoster(ep.URL, d, o), push.Options{
		Format: Format, Name: name, MaxPayload: payload, MaxLine: maxPoint, Send: o.Send,
	})
	if err != nil {
		return nil, fmt.Errorf("%s address %s: %w", Format, ep.Destination(), err)
	}
	return p, nil
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

// complete adds the path that an address may leave out.
func complete(ep *endpoint.Endpoint) error {
	u := *ep.URL
	ep.URL = &u
	switch {
	case u.Path == "" || u.Path == "/":
		u.Path = "/v1/metrics"
	case strings.HasSuffix(u.Path, "/v1/traces") || strings.HasSuffix(u.Path, "/v1/logs"):
		return errors.New("the server does not accept metrics at this path; write /v1/metrics")
	}
	return nil
}
