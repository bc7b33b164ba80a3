package send

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"monkit.example/internal/endpoint"
)

// Of an answer this much is read: an error with a hundred lines fits. What is
// behind it is read, up to maxDrain, so that the connection can be used again.
const (
	maxAnswer = 64 << 10
	maxDrain  = 256 << 10
)

// poster is http and https: one POST a payload.
type poster struct {
	url    *url.URL // with credentials; never shown
	opts   DialOptions
	client *http.Client
	idle   func()

	requests, dials atomic.Int64
}

var _ reporter = (*poster)(nil)

func openHTTP(ep endpoint.Endpoint, o DialOptions) *poster {
	t := &poster{url: ep.URL, opts: o}
	d := net.Dialer{Timeout: o.Timeout, KeepAliveConfig: keepAlive, Control: controlTCP}
	tr := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSClientConfig:     o.TLS,
		TLSHandshakeTimeout: o.Timeout,
		MaxIdleConnsPerHost: 1,
		IdleConnTimeout:     90 * time.Second,
		ForceAttemptHTTP2:   true,
		DisableCompression:  true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			t.dials.Add(1)
			return d.DialContext(ctx, network, addr)
		},
	}
	t.idle = tr.CloseIdleConnections
	t.client = &http.Client{Transport: tr, CheckRedirect: noRedirects}
	return t
}

// A redirect would carry credentials and lines to where nobody sent them.
func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Deliver posts payload. The status and the text of the answer decide.
func (t *poster) Deliver(ctx context.Context, payload []byte) error {
	ctx, cancel := context.WithTimeout(ctx, t.opts.Timeout)
	defer cancel()
	b := newBody(payload, t.opts.Gzip)
	defer b.release()
	req, err := t.request(ctx, b)
	if err != nil {
		return Permanent(err)
	}
	t.requests.Add(1)
	resp, err := t.client.Do(req)
	if err != nil {
		return undelivered(err)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil {
		io.CopyN(io.Discard, resp.Body, maxDrain)
	}
	resp.Body.Close()
	return judge(resp, string(text))
}

func (t *poster) request(ctx context.Context, b *body) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://unset", nil)
	if err != nil {
		return nil, err
	}
	req.URL, req.Host = t.url, t.url.Host
	req.Header.Set("Content-Type", t.opts.ContentType)
	req.Header.Set("User-Agent", "monkit")
	// A nil value is not sent, and says that a request which met a stale
	// connection may be repeated.
	req.Header["Idempotency-Key"] = nil
	if b.zipped {
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

// undelivered strips the URL, which may hold credentials, and tells failures
// to connect from those after which the peer may have the payload.
func undelivered(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return fmt.Errorf("post: %w", err)
	}
	return Ambiguous(fmt.Errorf("post: %w", err))
}

// Close ends idle connections; there are no others.
func (t *poster) Close() error {
	t.idle()
	return nil
}

func (t *poster) counts(cb func(field string, val float64)) {
	cb("requests", float64(t.requests.Load()))
	cb("reconnects", float64(max(t.dials.Load()-1, 0)))
}
