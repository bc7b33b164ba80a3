package monkithttp

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"monkit.example/monkit"
)

// harness is the set-up of the W3C's conformance tests: for each request, the
// service under test makes some calls to a callee, which records their headers.
type harness struct {
	service, callee *httptest.Server
	calls           int              // for each request
	headers         chan http.Header // of the calls
}

func newHarness(t *testing.T, calls int) *harness {
	h := &harness{calls: calls, headers: make(chan http.Header, calls)}
	h.callee = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { h.headers <- r.Header }))
	t.Cleanup(h.callee.Close)
	mon := monkit.NewRegistry().ScopeNamed("service")
	client := &http.Client{Transport: Transport(nil, mon, TransportOptions{})}
	h.service = httptest.NewServer(TraceHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for range calls {
			req, err := http.NewRequestWithContext(r.Context(), "GET", h.callee.URL, nil)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
		}
	}), mon))
	t.Cleanup(h.service.Close)
	t.Cleanup(client.CloseIdleConnections)
	return h
}

// send sends a request with those header lines, byte by byte as they are, and
// returns the headers of the resulting calls.
func (h *harness) send(t *testing.T, lines []string) (headers []http.Header) {
	t.Helper()
	conn, err := net.Dial("tcp", h.service.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	head := append([]string{"GET / HTTP/1.1", "Host: service", "Connection: close"}, lines...)
	if _, err := fmt.Fprintf(conn, "%s\r\n\r\n", strings.Join(head, "\r\n")); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the service responds with %s", resp.Status)
	}
	for range h.calls {
		headers = append(headers, <-h.headers)
	}
	return headers
}

var traceparentForm = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$`)

// idsOf returns the ids in the traceparent of h. It fails t unless h has
// exactly one, and a valid one.
func idsOf(t *testing.T, h http.Header) (trace, parent string) {
	t.Helper()
	all := h.Values("Traceparent")
	if len(all) != 1 {
		t.Fatalf("traceparent %q, want one", all)
	}
	ids := traceparentForm.FindStringSubmatch(all[0])
	if ids == nil || strings.Trim(ids[1], "0") == "" || strings.Trim(ids[2], "0") == "" {
		t.Fatalf("traceparent %q is not valid", all[0])
	}
	return ids[1], ids[2]
}

const (
	w3cTrace    = "12345678901234567890123456789012"
	w3cSpan     = "1234567890123456"
	w3cParent00 = "00-" + w3cTrace + "-" + w3cSpan + "-00"
)

// TestTraceparentConformance has the cases of the W3C's conformance tests, by
// their names.
func TestTraceparentConformance(t *testing.T) {
	h := newHarness(t, 1)
	valid := w3cTrace + "-" + w3cSpan + "-01"
	for _, tt := range []struct {
		name      string
		continued bool // the trace goes on; otherwise a new one begins
		lines     []string
	}{
		{"missing", false, nil},
		{"duplicated", false, []string{"traceparent: 00-" + valid, "traceparent: 00-" + w3cTrace[:31] + "1-" + w3cSpan + "-01"}},
		{"header_name dash", false, []string{"trace-parent: 00-" + valid}},
		{"header_name dot", false, []string{"trace.parent: 00-" + valid}},
		{"header_name_valid_casing", true, []string{"TraceParent: 00-" + valid}},
		{"header_name_valid_casing mixed", true, []string{"TrAcEpArEnT: 00-" + valid}},
		{"header_name_valid_casing upper", true, []string{"TRACEPARENT: 00-" + valid}},
		{"version_0x00 dot", false, []string{"traceparent: 00-" + valid + "."}},
		{"version_0x00 more", false, []string{"traceparent: 00-" + valid + "-what-the-future-will-be-like"}},
		{"version_0xcc", true, []string{"traceparent: cc-" + valid}},
		{"version_0xcc more", true, []string{"traceparent: cc-" + valid + "-what-the-future-will-be-like"}},
		{"version_0xcc dot", false, []string{"traceparent: cc-" + valid + ".what-the-future-will-be-like"}},
		{"version_0xff", false, []string{"traceparent: ff-" + valid}},
		{"version_illegal_characters first", false, []string{"traceparent: .0-" + valid}},
		{"version_illegal_characters second", false, []string{"traceparent: 0.-" + valid}},
		{"version_too_long", false, []string{"traceparent: 000-" + valid}},
		{"version_too_long by two", false, []string{"traceparent: 0000-" + valid}},
		{"version_too_short", false, []string{"traceparent: 0-" + valid}},
		{"trace_id_all_zero", false, []string{"traceparent: 00-" + strings.Repeat("0", 32) + "-" + w3cSpan + "-01"}},
		{"trace_id_illegal_characters first", false, []string{"traceparent: 00-." + valid[1:]}},
		{"trace_id_illegal_characters last", false, []string{"traceparent: 00-" + w3cTrace[:31] + ".-" + w3cSpan + "-01"}},
		{"trace_id_too_long", false, []string{"traceparent: 00-" + w3cTrace + "3-" + w3cSpan + "-01"}},
		{"trace_id_too_short", false, []string{"traceparent: 00-" + w3cTrace[:31] + "-" + w3cSpan + "-01"}},
		{"parent_id_all_zero", false, []string{"traceparent: 00-" + w3cTrace + "-" + strings.Repeat("0", 16) + "-01"}},
		{"parent_id_illegal_characters first", false, []string{"traceparent: 00-" + w3cTrace + "-.234567890123456-01"}},
		{"parent_id_illegal_characters last", false, []string{"traceparent: 00-" + w3cTrace + "-123456789012345.-01"}},
		{"parent_id_too_long", false, []string{"traceparent: 00-" + w3cTrace + "-" + w3cSpan + "7-01"}},
		{"parent_id_too_short", false, []string{"traceparent: 00-" + w3cTrace + "-" + w3cSpan[:15] + "-01"}},
		{"trace_flags_illegal_characters first", false, []string{"traceparent: 00-" + w3cTrace + "-" + w3cSpan + "-.0"}},
		{"trace_flags_illegal_characters last", false, []string{"traceparent: 00-" + w3cTrace + "-" + w3cSpan + "-0."}},
		{"trace_flags_too_long", false, []string{"traceparent: 00-" + w3cTrace + "-" + w3cSpan + "-001"}},
		{"trace_flags_too_short", false, []string{"traceparent: 00-" + w3cTrace + "-" + w3cSpan + "-1"}},
		{"ows_handling before", true, []string{"traceparent: \t 00-" + valid}},
		{"ows_handling after", true, []string{"traceparent: 00-" + valid + " \t"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			trace, parent := idsOf(t, h.send(t, tt.lines)[0])
			if (trace == w3cTrace) != tt.continued {
				t.Errorf("goes on as trace %s", trace)
			}
			if parent == w3cSpan {
				t.Error("the parent is the caller of the service, want the service")
			}
		})
	}
}

// TestTracestateConformance has the cases of the W3C's conformance tests, by
// their names.
func TestTracestateConformance(t *testing.T) {
	h := newHarness(t, 1)
	const legal = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
	var value strings.Builder
	for c := byte(' '); c <= '~'; c++ {
		if c != ',' && c != '=' {
			value.WriteByte(c)
		}
	}
	of := func(states ...string) []string {
		lines := []string{"traceparent: " + w3cParent00}
		for _, s := range states {
			lines = append(lines, "tracestate: "+s)
		}
		return lines
	}
	for _, tt := range []struct {
		name  string
		want  string
		lines []string
	}{
		{"included_traceparent_missing", "", []string{"tracestate: foo=1"}},
		{"included_traceparent_included", "foo=1,bar=2", of("foo=1,bar=2")},
		{"header_name dash", "", append(of(), "trace-state: foo=1")},
		{"header_name dot", "", append(of(), "trace.state: foo=1")},
		{"header_name_valid_casing", "foo=1", append(of(), "TrAcEsTaTe: foo=1")},
		{"empty_header", "", of("")},
		{"empty_header last", "foo=1", of("foo=1", "")},
		{"empty_header first", "foo=1", of("", "foo=1")},
		{"multiple_headers_different_keys", "foo=1,bar=2,rojo=1,congo=2,baz=3", of("foo=1,bar=2", "rojo=1,congo=2", "baz=3")},
		{"duplicated_keys same", "", of("foo=1,foo=1")},
		{"duplicated_keys other", "", of("foo=1,foo=2")},
		{"duplicated_keys in headers", "", of("foo=1", "foo=2")},
		{"all_allowed_characters", legal + "=" + value.String(), of(legal + "=" + value.String())},
		{"all_allowed_characters vendor", legal + "@a-z0-9_-*/=x", of(legal + "@a-z0-9_-*/=x")},
		{"ows_handling between", "foo=1,bar=2,baz=3", of("foo=1 \t , \t bar=2, \t baz=3")},
		{"ows_handling around", "foo=1", of("\t foo=1 \t")},
		{"key_illegal_characters space", "", of("foo =1")},
		{"key_illegal_characters upper", "", of("FOO=1")},
		{"key_illegal_characters dot", "", of("foo.bar=1")},
		{"key_illegal_vendor_format none", "", of("foo@=1,bar=2")},
		{"key_illegal_vendor_format no tenant", "", of("@foo=1,bar=2")},
		{"key_illegal_vendor_format double", "", of("foo@@bar=1,bar=2")},
		{"key_illegal_vendor_format two", "", of("foo@bar@baz=1,bar=2")},
		{"member_count_limit", members(32), of(members(32))},
		{"member_count_limit passed", "", of(members(32), "one=more")},
		{"key_length_limit", "foo=1," + strings.Repeat("z", 256) + "=1", of("foo=1", strings.Repeat("z", 256)+"=1")},
		{"key_length_limit passed", "", of("foo=1", strings.Repeat("z", 257)+"=1")},
		{"key_length_limit vendor", "foo=1," + strings.Repeat("t", 241) + "@" + strings.Repeat("v", 14) + "=1",
			of("foo=1", strings.Repeat("t", 241)+"@"+strings.Repeat("v", 14)+"=1")},
		{"key_length_limit tenant passed", "", of("foo=1", strings.Repeat("t", 242)+"@v=1")},
		{"key_length_limit vendor passed", "", of("foo=1", "t@"+strings.Repeat("v", 15)+"=1")},
		{"value_illegal_characters", "", of("foo=bar=baz")},
		{"value_illegal_characters none", "", of("foo=,bar=3")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header := h.send(t, tt.lines)[0]
			if trace, _ := idsOf(t, header); (trace == w3cTrace) != (len(tt.lines) > 0 && strings.HasPrefix(tt.lines[0], "traceparent")) {
				t.Errorf("goes on as trace %s", trace)
			}
			if got := strings.Join(header.Values("Tracestate"), ","); got != tt.want {
				t.Errorf("tracestate %q, want %q", got, tt.want)
			}
		})
	}
}

// TestMultipleRequestsConformance checks several calls for one request.
func TestMultipleRequestsConformance(t *testing.T) {
	const calls = 3
	h := newHarness(t, calls)
	for _, tt := range []struct {
		name, traceparent string
		continued         bool
	}{
		{"with_valid_traceparent", w3cParent00, true},
		{"without_traceparent", "", false},
		{"with_illegal_traceparent", "00-" + strings.Repeat("0", 32) + "-" + w3cSpan + "-01", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var lines []string
			if tt.traceparent != "" {
				lines = append(lines, "traceparent: "+tt.traceparent)
			}
			traces, parents := make(map[string]bool), make(map[string]bool)
			for _, header := range h.send(t, lines) {
				trace, parent := idsOf(t, header)
				traces[trace], parents[parent] = true, true
			}
			if len(parents) != calls {
				t.Errorf("%d requests have %d parents, want one each", calls, len(parents))
			}
			if len(traces) != 1 || traces[w3cTrace] != tt.continued {
				t.Errorf("traces %v", traces)
			}
		})
	}
}
