package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"monkit.example/internal/send"
)

const (
	// requestTimeout is that of OTEL_EXPORTER_OTLP_TIMEOUT without a value.
	requestTimeout = 10 * time.Second

	// maxResponse is how much of a response is read.
	maxResponse = 64 << 10

	// minGzip is the size up to which compressing costs more than it saves.
	minGzip = 1 << 10
)

// poster is the send.Messenger of this package: it posts a payload as one
// request, and reads from the response how many points were rejected, which the
// transport of internal/send does not examine.
type poster struct {
	url      *url.URL // may contain credentials, so it is never logged
	host     string   // the header of that name
	token    func() string
	header   func(h http.Header)
	client   *http.Client
	document *document
	zipper   *gzip.Writer
	warnings warnings

	plain bool // the server does not take gzip
}

var _ send.Messenger = (*poster)(nil)

func newPoster(u *url.URL, d *document, o Options) *poster {
	zipper, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // only an invalid level is an error
	return &poster{
		url: u, host: hostOf(u), token: o.Token, header: o.Header, document: d, zipper: zipper,
		warnings: warnings{log: o.Send.Logger},
		client: &http.Client{
			Transport: &http.Transport{
				Proxy:               http.ProxyFromEnvironment,
				DialContext:         (&net.Dialer{Timeout: requestTimeout}).DialContext,
				TLSHandshakeTimeout: requestTimeout,
				MaxIdleConnsPerHost: 1,
				IdleConnTimeout:     90 * time.Second,
				ForceAttemptHTTP2:   true,
				DisableCompression:  true,
			},
			// Following a redirect would send credentials and points to an
			// address that the user did not choose.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// hostOf returns the authority of u without the port that its scheme implies,
// as servers with virtual hosts expect it.
func hostOf(u *url.URL) string {
	port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	return strings.TrimSuffix(u.Host, port)
}

// Deliver posts the document of payload. If the server does not take gzip, it
// posts it again without, and all later ones.
func (p *poster) Deliver(ctx context.Context, payload []byte) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	body := p.document.join(payload)
	if !p.plain && len(body) > minGzip {
		resp, err := p.post(ctx, p.compress(body), "gzip")
		if err != nil || resp.status != http.StatusUnsupportedMediaType {
			return p.result(resp, err)
		}
		p.plain = true
	}
	resp, err := p.post(ctx, body, "")
	return p.result(resp, err)
}

// compress returns body compressed, in memory of its own: net/http may read the
// body of a request that was answered early.
func (p *poster) compress(body []byte) []byte {
	var buf bytes.Buffer
	p.zipper.Reset(&buf)
	p.zipper.Write(body) // writes to a bytes.Buffer do not fail
	p.zipper.Close()
	return buf.Bytes()
}

// result returns what to do with the payload after a response or an error.
func (p *poster) result(resp response, err error) error {
	if err != nil {
		return err
	}
	warning, err := resp.check(time.Now())
	p.warnings.add(warning)
	return err
}

func (p *poster) post(ctx context.Context, body []byte, encoding string) (response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://unset", bytes.NewReader(body))
	if err != nil {
		return response{}, send.Permanent(err)
	}
	req.URL, req.Host = p.url, p.host
	p.setHeader(req.Header, encoding)
	r, err := p.client.Do(req)
	if err != nil {
		return response{}, postError(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(io.LimitReader(r.Body, maxResponse))
	if err == nil {
		io.CopyN(io.Discard, r.Body, maxResponse) // so that the connection can be used again
	}
	return response{status: r.StatusCode, header: r.Header, text: string(text)}, nil
}

func (p *poster) setHeader(h http.Header, encoding string) {
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "monkit")
	// net/http does not send a nil value, but takes it to mean that it may
	// repeat a request for which it chose a stale connection.
	h["Idempotency-Key"] = nil
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	if p.token != nil {
		if token := strings.TrimSpace(p.token()); token != "" {
			h.Set("Authorization", "Bearer "+token)
		}
	}
	if p.header != nil {
		p.header(h)
	}
}

// postError returns err without the URL, which may contain credentials. It is
// ambiguous unless the dial failed: the server may have the points then.
func postError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return fmt.Errorf("post: %w", err)
	}
	return send.Ambiguous(fmt.Errorf("post: %w", err))
}

// Close closes the idle connections.
func (p *poster) Close() error {
	p.client.CloseIdleConnections()
	return nil
}

// warnings logs what a server answers beside its success, at most once a minute.
type warnings struct {
	log   *slog.Logger // nil discards
	quiet time.Time    // nothing is logged before
	more  int          // not logged since
}

func (w *warnings) add(text string) {
	now := time.Now()
	switch {
	case text == "" || w.log == nil:
	case now.Before(w.quiet):
		w.more++
	default:
		w.log.Warn("the server accepted the points with a warning", "warning", text, "more", w.more)
		w.quiet, w.more = now.Add(time.Minute), 0
	}
}
