package otlp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/push"
	"monkit.example/internal/send"
)

// documents is a send.Messenger that takes lines and posts them as one document.
type documents struct {
	send.Messenger // of the documents
	push.Log       // of warnings

	document *document
}

var (
	_ send.Messenger = (*documents)(nil)
	_ send.Wrapper   = (*documents)(nil)
)

// openDocuments returns a transport to ep that wraps lines in d. It sets Check.
func openDocuments(ep endpoint.Endpoint, d *document, o send.DialOptions) (*documents, error) {
	t := &documents{document: d}
	o.Check = t.check
	var err error
	t.Messenger, err = send.OpenHTTP(ep, o)
	return t, err
}

// Deliver posts the document of payload.
func (t *documents) Deliver(ctx context.Context, payload []byte) error {
	return t.Messenger.Deliver(ctx, t.document.join(payload))
}

// Unwrap implements send.Wrapper.
func (t *documents) Unwrap() send.Transport { return t.Messenger }

// check is checkResponse, and logs warnings.
func (t *documents) check(resp *http.Response, body string) error {
	warning, err := checkResponse(resp, body)
	if warning != "" {
		t.Record(slog.LevelWarn, "the server accepted the points with a warning", "warning", warning)
	}
	return err
}

// dial completes ep, and returns how to send to it.
func (o Options) dial(ep *endpoint.Endpoint) (d send.DialOptions, err error) {
	d = send.DialOptions{ContentType: "application/json", Header: o.Header, Authorize: o.authorize(), TokenFile: o.TokenFile}
	if *ep, d.Gzip, err = ep.TakeGzip(true); err != nil {
		return d, err
	}
	return d, complete(ep)
}

// authorize returns a function that adds the token, or nil if there is none.
func (o Options) authorize() func(h http.Header) error {
	if o.Token == nil {
		return nil
	}
	return func(h http.Header) error {
		token := strings.TrimSpace(o.Token())
		if token == "" {
			return errors.New("otlp: Options.Token returned no token")
		}
		h.Set("Authorization", "Bearer "+token)
		return nil
	}
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
