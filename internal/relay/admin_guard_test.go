package relay

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/hostile"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// adminPaths are the pages of the relay.
var adminPaths = []string{"/", "/ledger", "/ledger?format=json", "/bad", "/bad?format=json", "/healthz", "/readyz", "/mon/", "/mon/ps", "/metrics", "/style.css"}

// askAs returns the response of the pages at address to a request for host.
func (r *running) askAs(address, host, path, site string) *httptest.ResponseRecorder {
	req := httptest.NewRequest("GET", path, nil)
	req.Host = host
	if site != "" {
		req.Header.Set("Sec-Fetch-Site", site)
	}
	w := httptest.NewRecorder()
	r.adminHandler(address).ServeHTTP(w, req)
	return w
}

func TestPagesOfOtherSitesAreRefused(t *testing.T) {
	r := startWithPages(t, Config{Registry: monkit.NewRegistry()})
	defer r.stop(t)
	for _, path := range adminPaths {
		for site, want := range map[string]int{"": 200, "none": 200, "same-origin": 200, "cross-site": 403} {
			if w := r.askAs("127.0.0.1:9125", "127.0.0.1:9125", path, site); w.Code != want {
				t.Errorf("%s for a page that is %q: %d", path, site, w.Code)
			}
		}
	}
}

// To plain http that is not on a loopback address browsers send no
// Sec-Fetch-Site.
func TestPagesOfOtherHostsAreRefused(t *testing.T) {
	r := startWithPages(t, Config{Registry: monkit.NewRegistry()})
	defer r.stop(t)
	for _, path := range adminPaths {
		for origin, want := range map[string]int{"": 200, "http://192.0.2.1:9125": 200, "http://evil.example": 403} {
			for _, name := range []string{"Origin", "Referer"} {
				req := httptest.NewRequest("GET", "http://192.0.2.1:9125"+path, nil)
				req.Header.Set(name, origin)
				w := httptest.NewRecorder()
				r.adminHandler("192.0.2.1:9125").ServeHTTP(w, req)
				if w.Code != want {
					t.Errorf("%s with %s: %q: %d", path, name, origin, w.Code)
				}
			}
		}
	}
}

// TestUntrustedHostsSeeNoTexts is about DNS rebinding against pages that are not
// on a loopback address; those that are reject other hosts.
func TestUntrustedHostsSeeNoTexts(t *testing.T) {
	registry := monkit.NewRegistry()
	r := startWithPages(t, Config{Registry: registry})
	defer r.stop(t)
	r.rejected.of("listener").add(rejection{reason: ledger.Malformed, sender: "secret host", lines: 1, at: time.Now(), text: "secret line", err: "secret error"})
	r.health.add("secret problem")
	all := r.destinations
	defer func() { r.destinations = all }()
	r.destinations = append(slices.Clip(all), &destination{Destination: Destination{Name: "failing", Reporter: unavailable{}}})
	ctx := t.Context()
	defer registry.ScopeNamed("s").FuncNamed("Open").Task(&ctx, "secret argument")(nil)
	r.cfg.HTTP = "relay.example:9125"
	for host, trusted := range map[string]bool{
		"192.0.2.1:9125": true, "localhost": true, "relay.example": true, "RELAY.example:9125": true, "evil.example": false, "": false,
	} {
		for path, secrets := range map[string][]string{
			"/": {"secret problem", "secret reason"}, "/healthz": {"secret problem"}, "/readyz": {"secret problem"},
			"/bad": {"secret line", "secret error", "secret host"}, "/bad?format=json": {"secret line", "secret error", "secret host"},
			"/mon/ps": {"secret argument"}, "/mon/ps/json": {"secret argument"}, "/mon/ps/dot": {"secret argument"}, "/mon/ps/html": {"secret argument"},
		} {
			got := r.askAs("192.0.2.1:9125", host, path, "").Body.String()
			for _, secret := range secrets {
				if strings.Contains(got, secret) != trusted {
					t.Errorf("%s for the host %q, %q on the page: %v\n%s", path, host, secret, !trusted, got)
				}
			}
			if strings.Contains(got, "start the relay with this name in ") == trusted || strings.Contains(got, "Options.Hosts") {
				t.Errorf("%s for the host %q does not say how to see all\n%s", path, host, got)
			}
		}
	}
}

// unavailable is a destination that does not get its lines.
type unavailable struct{ reporters.Reporter }

func (unavailable) Ledger() ledger.Ledger { return ledger.Ledger{} }

func (unavailable) Unavailable() error { return errText("secret reason") }

// TestEveryPagePrints has hostile text in rejected lines, their errors, and the
// names of listeners.
func TestEveryPagePrints(t *testing.T) {
	r := startWithPages(t, Config{Registry: monkit.NewRegistry()})
	defer r.stop(t)
	for _, text := range hostile.Texts {
		r.rejected.of(text).add(rejection{reason: ledger.Malformed, sender: text, lines: 1, at: time.Now(), text: text, err: text})
		r.health.all = []string{text}
		r.cfg.Registry.ScopeNamed(text).Counter(text).Inc(1)
		for _, path := range adminPaths {
			if path == "/metrics" {
				continue // its format has no escapes
			}
			w := r.askAs("127.0.0.1:9125", "127.0.0.1", path, "")
			if bad := hostile.Unprintable(w.Body.String()); bad != "" {
				t.Errorf("%s with %q has %q", path, text, bad)
			}
		}
	}
}

type errText string

func (e errText) Error() string { return string(e) }

func TestRejectedBytesAreExactInJSON(t *testing.T) {
	r := startWithPages(t, Config{})
	defer r.stop(t)
	for _, text := range hostile.Texts {
		r.rejected.of("listener of " + text).add(rejection{reason: ledger.Malformed, sender: text, lines: 1, at: time.Now(), text: text, err: "e"})
		w := r.askAs("127.0.0.1:9125", "127.0.0.1", "/bad?format=json", "")
		var rows []struct {
			Text  string
			Bytes []byte `json:"text_bytes"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &rows); err != nil || w.Code != http.StatusOK {
			t.Fatal(w.Code, err)
		}
		got := rows[0].Text
		if rows[0].Bytes != nil {
			got = string(rows[0].Bytes)
		}
		if want := endpoint.RedactText(text, maxExample); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}
