package send

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"monkit.example/internal/endpoint"
)

const (
	// maxResponse is how much of an error is examined. One that lists a hundred
	// lines fits.
	maxResponse = 64 << 10
	// maxResponses is how much more is examined of one that may quote every
	// line of a payload.
	maxResponses = 4 << 20
	// maxDrain is how much more is read of any response, so that the connection
	// can be used again. It is closed if there is more.
	maxDrain = 256 << 10
	// maxHeader bounds the headers of a response, with those of informational
	// ones before it. Servers send less than 8 KiB.
	maxHeader = 64 << 10
)

// httpTransport is the Messenger for http and https: one POST for a payload.
type httpTransport struct {
	url    *url.URL // may contain credentials, so it is never logged
	opts   DialOptions
	header *headerHook // of the options
	dialer *httpDialer
	client *http.Client
	gzip   gzipUse

	requests atomic.Int64
}

var (
	_ Messenger = (*httpTransport)(nil)
	_ statser   = (*httpTransport)(nil)
	_ logging   = (*httpTransport)(nil)
)

func newHTTPTransport(ep endpoint.Endpoint, o DialOptions) *httpTransport {
	t := &httpTransport{url: ep.URL, opts: o, dialer: newHTTPDialer(ep.URL, o), gzip: gzipUse{on: o.Gzip}}
	t.header = newHeaderHook("the function that changes headers", func(h http.Header) error {
		o.Header(h)
		return nil
	})
	t.client = &http.Client{Transport: t.dialer, CheckRedirect: noRedirects}
	return t
}

// noRedirects returns a redirect to the caller of the client as a response.
// Following it would send credentials and lines to an address that the user
// did not choose.
func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Deliver posts payload. The status and the text of the response decide whether
// it is delivered, dropped, cut or sent again. If the server does not take gzip,
// Deliver posts it once more without.
func (t *httpTransport) Deliver(ctx context.Context, payload []byte) error {
	x := t.post(ctx, payload, t.gzip.on)
	s := t.gzip.judge(x)
	switch {
	case s == unlikely:
		if x.gzipped && x.err == nil {
			t.gzip.cleared = false
		}
	case x.settlesNothing():
		x = t.post(ctx, payload, false)
		t.gzip.compare(s, x)
	case s == certain: // stored all the same, or sent again later
		t.gzip.refuse()
	}
	return x.err
}

// An exchange is a request and what it led to.
type exchange struct {
	gzipped bool
	err     error // of Deliver

	// These are zero if there was no response.
	status           int
	header           http.Header
	speaksOfEncoding bool // the server's words are of encodings
}

// settlesNothing reports whether the server rejected the payload as it is, and
// stored no line of it.
func (x *exchange) settlesNothing() bool {
	e := classify(x.err)
	return x.err != nil && (e.kind == split || e.kind == permanent)
}

// isAboutLines reports whether the server has examined the payload.
func (x *exchange) isAboutLines() bool {
	return x.err == nil || x.settlesNothing() || classify(x.err).kind == partial
}

// post sends one request and reads its response.
func (t *httpTransport) post(ctx context.Context, payload []byte, compress bool) *exchange {
	ctx, cancel := context.WithTimeout(ctx, t.opts.Timeout)
	defer cancel()
	b := newRequestBody(payload, compress)
	defer b.release()
	x := &exchange{gzipped: b.gzipped}
	req, err := t.request(ctx, b)
	switch {
	case isUnsent(err):
		x.err = fmt.Errorf("post: %w", err)
		return x
	case err != nil:
		x.err = Permanent(err)
		return x
	}
	t.requests.Add(1)
	resp, err := t.client.Do(req)
	if err != nil {
		x.err = postError(err, &t.dialer.sent)
		return x
	}
	x.read(resp, payload, t.opts.Check, &t.dialer.sent)
	return x
}

// read reads resp, so that its connection can be used again, and has check, or
// checkResponse if that is nil, find out what it means.
// What sent has is masked in the words of the server.
func (x *exchange) read(resp *http.Response, payload []byte, check func(*http.Response, string) error, sent *sentSecrets) {
	defer resp.Body.Close()
	x.status, x.header = resp.StatusCode, resp.Header
	a := new(answer)
	if resp.StatusCode >= 300 || check != nil {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxResponse+maxQuotes(payload))) // what arrived counts
		a = parseAnswer(string(text), payload, sent)
	}
	io.CopyN(io.Discard, resp.Body, maxResponse+maxDrain)
	x.speaksOfEncoding = a.speaksOfEncoding()
	if check != nil {
		x.err = check(resp, a.text)
	} else {
		x.err = checkResponse(resp, a)
	}
}

// maxQuotes is how much longer a response may be that quotes each line of payload,
// with a reason.
func maxQuotes(payload []byte) int64 {
	return min(2*int64(len(payload))+100*int64(countLines(payload)), maxResponses)
}

func (t *httpTransport) request(ctx context.Context, b *requestBody) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://unset", nil)
	if err != nil {
		return nil, err
	}
	req.URL, req.Host = t.url, authority(t.url)
	req.Header.Set("Content-Type", t.opts.ContentType)
	req.Header.Set("User-Agent", "monkit")
	// net/http does not send a nil value, but takes it to mean that it may
	// repeat a request for which it chose a stale connection.
	req.Header["Idempotency-Key"] = nil
	if b.gzipped {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if t.opts.Header != nil {
		if req.Header, err = t.header.call(ctx, req.Header); err != nil {
			return nil, unsent(err)
		}
	}
	req.ContentLength = int64(b.len())
	req.Body = b.reader()
	req.GetBody = func() (io.ReadCloser, error) { return b.reader(), nil }
	return req, nil
}

// authority returns the host of u as the user wrote it, without the zone of an
// IPv6 address, which means nothing to the server. It is the header Host, or
// :authority.
func authority(u *url.URL) string {
	before, zone, found := strings.Cut(u.Host, "%")
	if !found {
		return u.Host
	}
	_, port, _ := strings.Cut(zone, "]")
	return before + "]" + port
}

// postError returns err without the URL, which may contain credentials. It is
// Ambiguous unless the dial failed: the peer may have the payload then.
func postError(err error, sent *sentSecrets) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	err = fmt.Errorf("post: %w", excerptError{err, sent})
	if isUnsent(err) {
		return err
	}
	return Ambiguous(err)
}

// excerptError is an error with the start of its text: net/http quotes what a server
// sent.
type excerptError struct {
	error
	sent *sentSecrets
}

func (e excerptError) Error() string { return Excerpt(e.sent.mask(e.error.Error())) }

func (e excerptError) Unwrap() error { return e.error }

// Close closes the idle connections, and joins the lookups. No request is under
// way when it is called.
func (t *httpTransport) Close() error {
	t.dialer.close()
	return nil
}

// logTo implements logging.
func (t *httpTransport) logTo(name string, log func() *slog.Logger) {
	t.dialer.unasked.logTo(name, log)
}

func (t *httpTransport) stats(cb func(field string, val float64)) {
	cb("requests", float64(t.requests.Load()))
	cb("gzip_refusals", float64(t.gzip.refusals.Load()))
	t.dialer.stats(cb)
}
