package interop

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"

	"monkit.example/collect"
	"monkit.example/environment"
	"monkit.example/monkit"
	"monkit.example/reporters/otlp"
)

// sample is a point as a collector reads it.
type sample struct {
	name        string
	sum         bool
	attributes  pcommon.Map
	start, time pcommon.Timestamp
	value       float64
}

// samplesIn returns the points of all metrics in bodies, which have no
// histograms.
func samplesIn(t *testing.T, bodies [][]byte) (all []sample) {
	t.Helper()
	for _, body := range bodies {
		request := pmetricotlp.NewExportRequest()
		if err := request.UnmarshalJSON(body); err != nil {
			t.Fatal(err)
		}
		for _, resource := range request.Metrics().ResourceMetrics().All() {
			for _, scope := range resource.ScopeMetrics().All() {
				for _, m := range scope.Metrics().All() {
					points := m.Gauge().DataPoints
					if m.Type() == pmetric.MetricTypeSum {
						points = m.Sum().DataPoints
					}
					for _, p := range points().All() {
						all = append(all, sample{m.Name(), m.Type() == pmetric.MetricTypeSum, p.Attributes(), p.StartTimestamp(), p.Timestamp(), p.DoubleValue()})
					}
				}
			}
		}
	}
	return all
}

// Everything that a program measures arrives once, with the batch's time.
func TestCollectorReadsAWholeWalk(t *testing.T) {
	r := monkit.NewRegistry()
	environment.Register(r)
	mon := r.ScopeNamed("shop")
	for range 3 {
		ctx := context.Background()
		err := errors.New("no stock")
		mon.FuncNamed("Order").Task(&ctx)(&err)
	}
	mon.DurationVal("wait_seconds").Observe(time.Second)
	mon.Counter("baskets").Inc(5)

	sink := new(bodies)
	server := httptest.NewServer(sink)
	defer server.Close()
	p := otlp.New(server.URL)
	c := collect.New(r, collect.Options{Interval: time.Hour}, p)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.Flush(ctx); err != nil {
		t.Error(err)
	}
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
	all := samplesIn(t, sink.all)
	if l := p.Ledger(); l.Check() != nil || l.Delivered != int64(len(all)) || l.Dropped.Sum() != 0 || len(all) < 100 {
		t.Errorf("%d points, ledger %v", len(all), l)
	}
	seen, found := map[string]bool{}, 0
	for _, s := range all {
		attributes := s.attributes.AsRaw()
		id := monkit.NewSeriesKey(s.name)
		for key, val := range attributes {
			id = id.WithTag(key, val.(string))
		}
		if key := id.WithField(s.time.String()); seen[key] {
			t.Errorf("%s is there twice", key)
		} else {
			seen[key] = true
		}
		if s.time == 0 || s.sum != (s.start != 0) || s.start > s.time {
			t.Errorf("%s is from %d to %d, a sum: %v", s.name, s.start, s.time, s.sum)
		}
		if s.name == "function.total" && attributes["name"] == "Order" && attributes["scope"] == "shop" {
			found++
			if !s.sum || s.value != 3 {
				t.Errorf("function.total is %v, a sum: %v", s.value, s.sum)
			}
		}
	}
	if found == 0 {
		t.Error("function.total is missing")
	}
}
