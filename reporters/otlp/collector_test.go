package otlp

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"monkit.example/internal/faultsink"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// request is what the tests read of a request.
type request struct {
	ResourceMetrics []struct {
		Resource     struct{ Attributes []attribute }
		ScopeMetrics []struct {
			Scope   struct{ Name string }
			Metrics []metric
		}
	}
}

type metric struct {
	Name, Unit            string
	Gauge, Sum, Histogram *struct{ DataPoints []json.RawMessage }
}

type attribute struct {
	Key   string
	Value struct{ StringValue string }
}

// names returns the names of the metrics of r, one for each point.
func (r *request) names() (all []string) {
	for _, m := range r.ResourceMetrics[0].ScopeMetrics[0].Metrics {
		for _, points := range []*struct{ DataPoints []json.RawMessage }{m.Gauge, m.Sum, m.Histogram} {
			if points != nil {
				for range points.DataPoints {
					all = append(all, m.Name)
				}
			}
		}
	}
	return all
}

// collector is a server of OTLP over HTTP that answers as its test wants.
type collector struct {
	*httptest.Server
	answer func(w http.ResponseWriter, names []string) // nil accepts everything

	mu       sync.Mutex
	requests []http.Request // guarded by mu, as all below
	bodies   []string       // without compression
	accepted []string       // names of the points of requests answered with 200
}

func newCollector(t *testing.T, answer func(w http.ResponseWriter, names []string)) *collector {
	t.Helper()
	c := &collector{answer: answer}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := faultsink.ReadBody(r)
	var req request
	if err == nil {
		err = json.Unmarshal([]byte(text), &req)
	}
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, fmt.Sprintf("no request: %v", err), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests, c.bodies = append(c.requests, *r), append(c.bodies, text)
	recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
	if c.answer != nil {
		c.answer(recorder, req.names())
	} else {
		io.WriteString(w, "{}")
	}
	if recorder.status == http.StatusOK {
		c.accepted = append(c.accepted, req.names()...)
	}
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// gauges returns a batch with a gauge of each name.
func gauges(names ...string) *reporters.Batch {
	b := &reporters.Batch{}
	for i, name := range names {
		b.Points = append(b.Points, reporters.Point{Key: key(name), Value: 1, Time: 42, Series: uint32(i + 1), ID: uint32(i + 1)})
	}
	return b
}

// many returns n names.
func many(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("metric_%06d", i))
	}
	return names
}

// pushBatch reports b to a new reporter, closes it, and compares its ledger.
func pushBatch(t *testing.T, addr string, o Options, b *reporters.Batch, want ledger.Ledger) {
	t.Helper()
	p, err := Open(addr, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Report(t.Context(), b); err != nil {
		t.Error(err)
	}
	if err := p.Close(t.Context()); err != nil && want.Dropped.Sum() == 0 {
		t.Error(err)
	}
	got := p.Ledger()
	if err := got.Check(); err != nil {
		t.Error(err)
	}
	if got.String() != want.String() {
		t.Errorf("ledger %v, want %v", got, want)
	}
}

func joined(names []string) string { return strings.Join(names, " ") }
