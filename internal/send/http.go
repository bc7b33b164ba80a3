package send

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"

	"monkit.example/internal/endpoint"
)

const (
	// maxResponse is how much of a response is examined. An error that lists a
	// hundred lines fits.
	maxResponse = 64 << 10
	// maxDrain is how much is read after that, so that the connection can be
	// used again. It is closed if there is more.
	maxDrain = 256 << 10
)

// httpTransport is the Messenger for http and https: one POST for a payload.
type httpTransport struct {
	url    *url.URL // may contain credentials, so it is never logged
	opts   DialOptions
	dialer *httpDialer
	client *http.Client

	requests atomic.Int64
}

var (
	_ Messenger = (*httpTransport)(nil)
	_ statser   = (*httpTransport)(nil)
)

func newHTTPTransport(ep endpoint.Endpoint, o DialOptions) *httpTransport {
	t := &httpTransport{url: ep.URL, opts: o, dialer: newHTTPDialer(o)}
	t.client = &http.Client{Transport: t.dialer, CheckRedirect: noRedirects}
	return t
}

// noRedirects returns a redirect to the caller of the client as a response.
// Following it would send credentials and lines to an address that the user
// did not choose.
func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Deliver posts payload. The status and the text of the response decide whether
// it is delivered, dropped, cut or sent again.
func (t *httpTransport) Deliver(ctx context.Context, payload []byte) error {
	ctx, cancel := context.WithTimeout(ctx, t.opts.Timeout)
	defer cancel()
	b := newRequestBody(payload, t.opts.Gzip)
	defer b.release()
	req, err := t.request(ctx, b)
	if err != nil {
		return Permanent(err)
	}
	t.requests.Add(1)
	resp, err := t.client.Do(req)
	if err != nil {
		return postError(err)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if err == nil {
		io.CopyN(io.Discard, resp.Body, maxDrain)
	}
	resp.Body.Close()
	return checkResponse(resp, string(text))
}

func (t *httpTransport) request(ctx context.Context, b *requestBody) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://unset", nil)
	if err != nil {
		return nil, err
	}
	req.URL, req.Host = t.url, t.url.Host
	req.Header.Set("Content-Type", t.opts.ContentType)
	req.Header.Set("User-Agent", "monkit")
	// net/http does not send a nil value, but takes it to mean that it may
	// repeat a request for which it chose a stale connection.
	req.Header["Idempotency-Key"] = nil
	if b.gzipped {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if t.opts.Header != nil {
		t.opts.Header(req.Header)
	}
	req.ContentLength = int64(b.len())
	req.Body = b.reader()
	req.GetBody = func() (io.ReadCloser, error) { return b.reader(), nil }
	return req, nil
}

// postError returns err without the URL, which may contain credentials. It is
// Ambiguous unless the dial failed: the peer may have the payload then.
func postError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if isUnsent(err) {
		return fmt.Errorf("post: %w", err)
	}
	return Ambiguous(fmt.Errorf("post: %w", err))
}

// Close closes the idle connections, and joins the lookups. No request is under
// way when it is called.
func (t *httpTransport) Close() error {
	t.dialer.close()
	return nil
}

func (t *httpTransport) stats(cb func(field string, val float64)) {
	cb("requests", float64(t.requests.Load()))
	t.dialer.stats(cb)
}
