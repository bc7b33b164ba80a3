package relay

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"monkit.example/internal/hostile"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// adminPaths are the pages of the relay.
var adminPaths = []string{"/", "/ledger", "/ledger?format=json", "/bad", "/bad?format=json", "/healthz", "/mon/", "/mon/ps", "/metrics", "/style.css"}

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
	r := startWithPages(t, Config{Registry: monkit.NewRegistry()})
	defer r.stop(t)
	r.rejected.add("secret-listener-is-a-name", []reporters.RejectedLine{{Reason: ledger.Malformed, Text: "secret text", Err: errSecret{}}})
	r.health.add("secret problem")
	r.cfg.HTTP = "relay.example:9125"
	for host, trusted := range map[string]bool{
		"192.0.2.1:9125": true, "localhost": true, "relay.example": true, "RELAY.example:9125": true, "evil.example": false, "": false,
	} {
		for _, path := range []string{"/", "/bad", "/bad?format=json", "/healthz"} {
			got := r.askAs("192.0.2.1:9125", host, path, "").Body.String()
			shown := strings.Contains(got, "secret text") || strings.Contains(got, "secret error") || strings.Contains(got, "secret problem")
			if shown != trusted || strings.Contains(got, "[hidden: ") == trusted {
				t.Errorf("%s for the host %q is\n%s", path, host, got)
			}
		}
	}
}

type errSecret struct{}

func (errSecret) Error() string { return "secret error" }

// TestEveryPagePrints has hostile text in rejected lines, their errors, and the
// names of listeners.
func TestEveryPagePrints(t *testing.T) {
	r := startWithPages(t, Config{Registry: monkit.NewRegistry()})
	defer r.stop(t)
	for _, text := range hostile.Texts {
		r.rejected.add(text, []reporters.RejectedLine{{Reason: ledger.Malformed, Text: text, Err: errText(text)}})
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
		r.rejected.add("l", []reporters.RejectedLine{{Reason: ledger.Malformed, Text: text, Err: errText("e")}})
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
		if got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
