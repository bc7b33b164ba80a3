package lines

import (
	"fmt"
	"net/url"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/push"
	"monkit.example/internal/send"
	"monkit.example/reporters"
)

// Encoder is an encoder with the name of its format, such as "graphite":
// lines that were received in the format of that name are sent unchanged. Every
// reporters.Codec is one.
type Encoder interface {
	reporters.Named
	reporters.Encoder
}

// Open returns a reporter that encodes with enc and sends to addr. It connects
// to nothing yet: the error says what is wrong in addr, and what to write. It
// starts a goroutine, which the reporter's Close joins.
func Open(addr string, enc Encoder, o Options) (*reporters.Pusher, error) {
	ep, err := endpoint.Parse(addr, o.grammar(enc.Name()))
	if err != nil {
		return nil, err
	}
	if o.Set != nil {
		if err := o.Set(ep.Options); err != nil {
			return nil, fmt.Errorf("%s address %s: %w", enc.Name(), ep.Destination(), err)
		}
	}
	dial, err := o.dial(&ep)
	if err != nil {
		return nil, fmt.Errorf("%s address %s: %w", enc.Name(), ep.Destination(), err)
	}
	t, err := send.Open(ep, dial)
	if err != nil {
		return nil, fmt.Errorf("%s address %s: %w", enc.Name(), ep.Destination(), err)
	}
	name := enc.Name() + "+" + ep.Destination()
	p, err := push.New(enc, t, push.Options{
		Format: enc.Name(), Name: name, FormerName: enc.Name() + "+" + ep.FormerDestination(),
		MaxPayload: o.maxPayload(ep), MaxLine: o.maxLine(ep), AtMostOnce: o.AtMostOnce, Send: o.Send,
	})
	if err != nil {
		return nil, fmt.Errorf("%s address %s: %w", enc.Name(), ep.Destination(), err)
	}
	return p, nil
}

// New is Open for a program that wants to run with a wrong address too. Each
// report to such a reporter returns the error, which a collector logs and
// counts, and drops its lines.
func New(addr string, enc Encoder, o Options) *reporters.Pusher {
	p, err := Open(addr, enc, o)
	if err != nil {
		return reporters.NewPusher(enc, reporters.Broken(err), reporters.PusherOptions{Format: enc.Name()})
	}
	return p
}

// dial returns how ep is sent to. For http it takes the option gzip off ep's
// URL, and has the format check the rest.
func (o Options) dial(ep *endpoint.Endpoint) (d send.DialOptions, err error) {
	if o.HTTP == nil || !ep.IsHTTP() {
		return d, nil
	}
	d = send.DialOptions{
		ContentType: o.HTTP.ContentType, Header: o.HTTP.Header, Authorize: o.HTTP.Authorize, TokenFile: o.HTTP.TokenFile,
	}
	if *ep, d.Gzip, err = ep.TakeGzip(o.HTTP.Gzip); err != nil {
		return d, err
	}
	if o.HTTP.URL != nil {
		u := new(url.URL)
		*u = *ep.URL
		ep.URL = u
		if err := o.HTTP.URL(u); err != nil {
			return d, err
		}
	}
	if o.HTTP.TokenScheme != nil {
		d.TokenScheme = o.HTTP.TokenScheme()
	}
	return d, nil
}

// maxPayload returns the size limit that the user chose, or else what suits the
// transport.
func (o Options) maxPayload(ep endpoint.Endpoint) int {
	if o.Send.MaxPayload > 0 {
		return o.Send.MaxPayload
	}
	return maxPayload(ep)
}

// maxDatagram is 65535 less the headers of IPv4 and UDP.
const maxDatagram = 65507

// maxLine returns the size limit of a line, or zero for that of a Pusher.
func (o Options) maxLine(ep endpoint.Endpoint) int {
	limit := o.MaxLine
	if ep.Transport == endpoint.UDP || ep.Transport == endpoint.Unixgram {
		limit = min(limit, maxDatagram)
	}
	if o.Send.MaxPayload > 0 {
		limit = min(limit, o.Send.MaxPayload)
	}
	return limit
}

// maxPayload returns the size limit of a payload that suits the transport.
func maxPayload(ep endpoint.Endpoint) int {
	switch {
	case ep.Transport == endpoint.UDP:
		return 1432 // one Ethernet frame, less the longest IPv4 header and UDP's, or IPv6's
	case ep.Transport == endpoint.Unixgram:
		return 8192 // what agents read at a time
	case ep.IsHTTP():
		return 512 << 10 // about five thousand lines, which InfluxDB recommends
	}
	return 64 << 10 // large enough that the cost of the system call does not count
}
