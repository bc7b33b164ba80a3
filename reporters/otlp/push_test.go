package otlp

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

func TestPointsArePosted(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "")
	for path, want := range map[string]string{"": "/v1/metrics", "/": "/v1/metrics", "/v1/metrics": "/v1/metrics", "/tenant/otlp": "/tenant/otlp"} {
		c := newCollector(t, nil)
		pushBatch(t, c.URL+path, Options{Service: "shop"}, gauges("a", "b"), ledger.Ledger{Accepted: 2, Delivered: 2})
		if got := c.requests[0].URL.Path; got != want || joined(c.accepted) != "a b" {
			t.Errorf("%q: posted %v to %s, want %s", path, c.accepted, got, want)
		}
		if !strings.Contains(c.bodies[0], `{"key":"service.name","value":{"stringValue":"shop"}}`) {
			t.Errorf("the resource is missing: %s", c.bodies[0])
		}
	}
}

func TestPointsThatCannotBeHeldAreCounted(t *testing.T) {
	c := newCollector(t, nil)
	b := gauges("a", "b", "c")
	b.Points[0].Value, b.Points[1].Kind = math.NaN(), reporters.GaugeDelta
	pushBatch(t, c.URL, Options{}, b, ledger.Ledger{Accepted: 3, Delivered: 1, Dropped: ledger.Counts{ledger.NotFinite: 1, ledger.Unsupported: 1}})
}

func TestHeaders(t *testing.T) {
	tokens := []string{" first\n", "second"}
	c := newCollector(t, nil)
	p, err := Open(c.URL, Options{
		Token:  func() string { token := tokens[0]; tokens = tokens[1:]; return token },
		Header: func(h http.Header) { h.Set("X-Scope-OrgID", "tenant") },
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Report(t.Context(), gauges("a")); err != nil {
			t.Error(err)
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	for i, want := range []string{"Bearer first", "Bearer second"} {
		if h := c.requests[i].Header; h.Get("Authorization") != want || h.Get("X-Scope-OrgID") != "tenant" {
			t.Errorf("request %d has the header %v", i, h)
		}
	}
	if l := p.Ledger(); l.Check() != nil || l.Delivered != 2 {
		t.Errorf("ledger %v", l)
	}
}

func TestCredentialsOfTheAddressAreSentAndNotShown(t *testing.T) {
	c := newCollector(t, func(w http.ResponseWriter, _ []string) { w.WriteHeader(http.StatusForbidden) })
	addr := strings.Replace(c.URL, "http://", "http://user:secret@", 1)
	var log strings.Builder
	o := Options{Send: reporters.SendOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))}}
	pushBatch(t, addr, o, gauges("a"), ledger.Ledger{Accepted: 1, Dropped: ledger.Counts{ledger.Rejected: 1}})
	if user, password, _ := c.requests[0].BasicAuth(); user != "user" || password != "secret" {
		t.Errorf("user %q, password %q", user, password)
	}
	if strings.Contains(log.String(), "secret") || !strings.Contains(log.String(), "403 Forbidden") {
		t.Errorf("logged %s", &log)
	}
}

func TestLargeBodiesAreCompressedAndBounded(t *testing.T) {
	c := newCollector(t, nil)
	names := many(4000)
	const limit = 64 << 10
	o := Options{Resource: map[string]string{"k": strings.Repeat("v", 4000)}, Send: reporters.SendOptions{MaxPayload: limit}}
	pushBatch(t, c.URL, o, gauges(names...), ledger.Ledger{Accepted: 4000, Delivered: 4000})
	if !slices.Equal(c.accepted, names) {
		t.Errorf("received %d points, want %d in their order", len(c.accepted), len(names))
	}
	if len(c.bodies) < 4 {
		t.Errorf("%d requests", len(c.bodies))
	}
	for i, body := range c.bodies {
		if len(body) > limit || c.requests[i].Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("request %d has %d bytes, want at most %d; encoding %q", i, len(body), limit, c.requests[i].Header.Get("Content-Encoding"))
		}
	}
}

func TestServerWithoutGzipGetsPlainBodies(t *testing.T) {
	var c *collector
	c = newCollector(t, func(w http.ResponseWriter, _ []string) {
		if c.requests[len(c.requests)-1].Header.Get("Content-Encoding") != "" {
			w.WriteHeader(http.StatusUnsupportedMediaType)
		}
	})
	names := many(400)
	pushBatch(t, c.URL, Options{Send: reporters.SendOptions{MaxPayload: 32 << 10}}, gauges(names...), ledger.Ledger{Accepted: 400, Delivered: 400})
	if !slices.Equal(c.accepted, names) {
		t.Errorf("received %d points", len(c.accepted))
	}
	for i, r := range c.requests[1:] {
		if r.Header.Get("Content-Encoding") != "" {
			t.Errorf("request %d is compressed again", i+1)
		}
	}
}

// contains rejects requests with the metric "bad" by status.
func contains(status int) func(w http.ResponseWriter, names []string) {
	return func(w http.ResponseWriter, names []string) {
		if slices.Contains(names, "bad") {
			w.WriteHeader(status)
			io.WriteString(w, `{"code":3,"message":"bad is not a metric"}`)
		}
	}
}

func TestRejectedPointCostsNoOtherPoint(t *testing.T) {
	c := newCollector(t, contains(http.StatusBadRequest))
	pushBatch(t, c.URL, Options{}, gauges("a", "b", "bad", "c", "d", "e"), ledger.Ledger{Accepted: 6, Delivered: 5, Dropped: ledger.Counts{ledger.Rejected: 1}})
	slices.Sort(c.accepted)
	if joined(c.accepted) != "a b c d e" {
		t.Errorf("accepted %v", c.accepted)
	}
}

func TestBodyThatIsTooLargeIsHalved(t *testing.T) {
	c := newCollector(t, func(w http.ResponseWriter, names []string) {
		if len(names) > 3 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})
	pushBatch(t, c.URL, Options{}, gauges(many(16)...), ledger.Ledger{Accepted: 16, Delivered: 16})
	slices.Sort(c.accepted)
	if !slices.Equal(c.accepted, many(16)) {
		t.Errorf("accepted %v", c.accepted)
	}
}

func TestOtherStatusesDropThePoints(t *testing.T) {
	for _, status := range []int{401, 403, 404, 405, 406, 408, 409, 415, 418, 431, 500, 501, 505, 599} {
		c := newCollector(t, contains(status))
		pushBatch(t, c.URL, Options{}, gauges("a", "bad"), ledger.Ledger{Accepted: 2, Dropped: ledger.Counts{ledger.Rejected: 2}})
		if len(c.requests) != 1 {
			t.Errorf("%d: %d requests, want one", status, len(c.requests))
		}
	}
}

func TestRetryableStatusesSendTheSameRequestAgain(t *testing.T) {
	for _, status := range []int{429, 502, 503, 504} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			var c *collector
			c = newCollector(t, func(w http.ResponseWriter, _ []string) {
				if len(c.requests) == 1 {
					w.Header().Set("Retry-After", "1")
					w.WriteHeader(status)
				}
			})
			p, err := Open(c.URL, Options{})
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if err := p.Report(t.Context(), gauges("a", "b")); err != nil {
				t.Error(err)
			}
			if err := p.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took < time.Second {
				t.Errorf("sent again after %v, want not before the second that the server asks for", took)
			}
			if err := p.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if len(c.bodies) != 2 || c.bodies[0] != c.bodies[1] || joined(c.accepted) != "a b" {
				t.Errorf("requests %q", c.bodies)
			}
			if l := p.Ledger(); l.Check() != nil || l.Delivered != 2 {
				t.Errorf("ledger %v", l)
			}
		})
	}
}

func TestPartialSuccessIsCounted(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		rejected     int64
		logged       string // in the log; "" for an empty log
	}{
		{"full success", `{}`, 0, ""},
		{"an empty partial success", `{"partialSuccess":{}}`, 0, ""},
		{"null", `{"partialSuccess":null}`, 0, ""},
		{"no body", ``, 0, ""},
		{"a body that is no JSON", "ok", 0, ""},
		{"a number as a string", `{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"too\nold"}}`, 2, "rejected 2 points: too old"},
		{"a number", `{"partialSuccess":{"rejectedDataPoints":1}}`, 1, "rejected 1 points"},
		{"more than there are", `{"partialSuccess":{"rejectedDataPoints":"9000000000"}}`, 3, "rejected"},
		{"less than none", `{"partialSuccess":{"rejectedDataPoints":"-1"}}`, 0, ""},
		{"a number that cannot be read", `{"partialSuccess":{"rejectedDataPoints":{}}}`, 1, "at least one"},
		{"a warning", `{"partialSuccess":{"rejectedDataPoints":"0","errorMessage":"use delta"}}`, 0, "use delta"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCollector(t, func(w http.ResponseWriter, _ []string) { io.WriteString(w, tt.answer) })
			var log strings.Builder
			o := Options{Send: reporters.SendOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))}}
			want := ledger.Ledger{Accepted: 3, Delivered: 3 - tt.rejected}
			want.Drop(ledger.Rejected, tt.rejected)
			pushBatch(t, c.URL, o, gauges("a", "b", "c"), want)
			if len(c.requests) != 1 {
				t.Errorf("%d requests, want one", len(c.requests))
			}
			if got := log.String(); tt.logged == "" && got != "" || !strings.Contains(got, tt.logged) {
				t.Errorf("logged %q, want %q", got, tt.logged)
			}
		})
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	other := newCollector(t, nil)
	c := newCollector(t, func(w http.ResponseWriter, _ []string) {
		w.Header().Set("Location", other.URL+"/v1/metrics?token=secret")
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	p, err := Open(c.URL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Report(t.Context(), gauges("a")); err != nil {
		t.Error(err)
	}
	for deadline := time.Now().Add(20 * time.Second); p.Unavailable() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the redirect is no failure")
		}
	}
	if err := p.Unavailable(); !strings.Contains(err.Error(), "307 Temporary Redirect to "+other.URL+"; write that address instead") || strings.Contains(err.Error(), "secret") {
		t.Errorf("the failure is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.Close(ctx)
	if l := p.Ledger(); l.Check() != nil || l.Dropped[ledger.Closed] != 1 || len(other.requests) != 0 {
		t.Errorf("ledger %v, %d requests elsewhere", l, len(other.requests))
	}
}

func TestErrorsOfOpenSayWhatIsWrong(t *testing.T) {
	for addr, want := range map[string]string{
		"":                          "empty",
		"udp://h:1":                 `transport "udp" is not possible here; write http or https`,
		"graphite+http://h":         "write otlp",
		"http://h:4318/v1/traces":   "write /v1/metrics",
		"http://u:secret@h/v1/logs": "write /v1/metrics",
		"http://u:secret@h:x":       "",
	} {
		if _, err := Open(addr, Options{}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("Open(%q) = %v, want %q", addr, err, want)
		}
	}
	_, err := Open("h", Options{Send: reporters.SendOptions{MaxPayload: 1000}})
	if err == nil || !strings.Contains(err.Error(), "MaxPayload is 1000 bytes") {
		t.Errorf("Open() with a small MaxPayload = %v", err)
	}
}

func TestDefaultPortIs4318(t *testing.T) {
	for addr, want := range map[string]string{
		"h": "otlp+http://h:4318/v1/metrics", "h:80": "otlp+http://h:80/v1/metrics", "https://h/": "otlp+https://h:443/v1/metrics", "otlp+http://h:4318": "otlp+http://h:4318/v1/metrics",
	} {
		p := New(addr)
		if p.Name() != want {
			t.Errorf("%s is named %s, want %s", addr, p.Name(), want)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestReportReturnsTheErrorOfTheAddress(t *testing.T) {
	p := New("udp://h:1")
	if err := p.Report(t.Context(), gauges("a", "b")); err == nil || !strings.Contains(err.Error(), "http or https") {
		t.Errorf("Report() = %v", err)
	}
	if l := p.Ledger(); l.Check() != nil || l.Dropped[ledger.SendFailed] != 2 {
		t.Errorf("ledger %v", l)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
