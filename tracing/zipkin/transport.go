package zipkin

import (
	"bytes"
	"context"
	"fmt"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/send"
)

// open returns a sender to addr.
func open(addr string, o Options) (*send.Sender, error) {
	ep, err := endpoint.Parse(addr, endpoint.Default{
		Format: "zipkin", Formats: []string{"zipkin"}, Transport: endpoint.HTTP, HTTPPort: "9411",
		Transports: []string{endpoint.HTTP, endpoint.HTTPS},
	})
	if err != nil {
		return nil, fmt.Errorf("zipkin: %w", err)
	}
	ep, compress, err := ep.TakeGzip(true)
	if err != nil {
		return nil, fmt.Errorf("zipkin: %s: %w", ep.Destination(), err)
	}
	u := *ep.URL
	if u.Path == "" || u.Path == "/" {
		u.Path = "/api/v2/spans"
	}
	ep.URL = &u
	t, err := send.OpenHTTP(ep, send.DialOptions{ContentType: "application/json", Gzip: compress})
	if err != nil {
		return nil, fmt.Errorf("zipkin: %s: %w", ep.Destination(), err)
	}
	return send.New(arrays{t}, send.Options{
		Name: "zipkin+" + ep.Destination(), MaxBytes: o.MaxBytes, MaxAge: o.MaxAge, ChunkBytes: o.payloadSize(), Logger: o.Logger,
	}), nil
}

// arrays delivers lines of JSON objects as a JSON array. The sender gets lines,
// so that it can split a payload that the server rejected.
type arrays struct{ send.Messenger }

var _ send.Wrapper = arrays{}

// Deliver posts the array of payload.
func (a arrays) Deliver(ctx context.Context, payload []byte) error {
	return a.Messenger.Deliver(ctx, array(payload))
}

// Unwrap implements send.Wrapper.
func (a arrays) Unwrap() send.Transport { return a.Messenger }

// array returns the JSON array of lines.
func array(lines []byte) []byte {
	lines = bytes.TrimSuffix(lines, []byte{'\n'})
	array := make([]byte, 0, len(lines)+2)
	array = append(array, '[')
	array = append(array, bytes.ReplaceAll(lines, []byte{'\n'}, []byte{','})...)
	return append(array, ']')
}
