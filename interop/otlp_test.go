package interop

import (
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/otlp"
)

// pushOTLP reports batches and returns the metrics that a collector reads in the
// requests.
func pushOTLP(t *testing.T, o otlp.Options, batches ...*reporters.Batch) pmetric.MetricSlice {
	t.Helper()
	sink := new(bodies)
	server := httptest.NewServer(sink)
	defer server.Close()
	p, err := otlp.Open(server.URL, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := p.Report(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l := p.Ledger(); l.Check() != nil || l.Pending != 0 || l.Delivered == 0 {
		t.Fatalf("ledger %v", l)
	}
	all := pmetric.NewMetricSlice()
	for _, body := range sink.all {
		request := pmetricotlp.NewExportRequest()
		if err := request.UnmarshalJSON(body); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		for _, resource := range request.Metrics().ResourceMetrics().All() {
			if got := resource.Resource().Attributes().AsRaw(); got["service.name"] != "shop" || got["zone"] != "eu \"1\"" || got["service.instance.id"] == nil {
				t.Errorf("the resource is %v", got)
			}
			for _, scope := range resource.ScopeMetrics().All() {
				if scope.Scope().Name() != "monkit.example/monkit" {
					t.Errorf("the scope is %q", scope.Scope().Name())
				}
				scope.Metrics().MoveAndAppendTo(all)
			}
		}
	}
	return all
}

var shop = otlp.Options{Service: "shop", Resource: map[string]string{"zone": `eu "1"`}}

// batchOf returns the batch of a collector with a point for each value.
func batchOf(at time.Time, points ...reporters.Point) *reporters.Batch {
	b := &reporters.Batch{At: at}
	for i, p := range points {
		p.Time, p.Series, p.ID = at.UnixNano(), uint32(i+1), uint32(i+1)
		b.Points = append(b.Points, p)
	}
	return b
}

const hostile = "tag \t\n\"\\ ä\u2028 €"

func TestCollectorReadsEachKindOfMetric(t *testing.T) {
	at := time.Now().Truncate(time.Second).Add(time.Hour)
	key := monkit.NewSeriesKey("m").WithTag("host", "web1").WithTag("text", hostile)
	metrics := pushOTLP(t, shop, batchOf(at,
		reporters.Point{Key: key, Field: "age_seconds", Value: -1.5e-9, Kind: reporters.Gauge},
		reporters.Point{Key: key, Field: "total", Value: 1 << 60, Kind: reporters.Counter},
		reporters.Point{Key: key, Field: "new_bytes", Value: 7, Kind: reporters.CounterDelta},
		reporters.Point{Key: key, Field: "size", Value: 2.5, Kind: reporters.Sample},
		reporters.Point{Key: key, Field: "cold", Value: -2.5, Kind: reporters.Sample},
		reporters.Point{Key: monkit.NewSeriesKey("bare"), Value: math.MaxFloat64},
		reporters.Point{Key: key, Field: "nan", Value: math.NaN()},
	))
	want := []struct {
		name, unit string
		kind       pmetric.MetricType
		value      float64
		tags       int
	}{
		{"m.age_seconds", "s", pmetric.MetricTypeGauge, -1.5e-9, 2},
		{"m.total", "", pmetric.MetricTypeSum, 1 << 60, 2},
		{"m.new_bytes", "By", pmetric.MetricTypeSum, 7, 2},
		{"m.size", "", pmetric.MetricTypeHistogram, 2.5, 2},
		{"m.cold", "", pmetric.MetricTypeHistogram, -2.5, 2},
		{"bare", "", pmetric.MetricTypeGauge, math.MaxFloat64, 0},
	}
	if metrics.Len() != len(want) {
		t.Fatalf("%d metrics, want %d", metrics.Len(), len(want))
	}
	for i, w := range want {
		m := metrics.At(i)
		if m.Name() != w.name || m.Unit() != w.unit || m.Type() != w.kind {
			t.Errorf("metric %d is %s (%s), a %s, want %s (%s), a %s", i, m.Name(), m.Unit(), m.Type(), w.name, w.unit, w.kind)
			continue
		}
		checkPoint(t, m, at, w.value, w.tags)
	}
	if sum := metrics.At(1).Sum(); !sum.IsMonotonic() || sum.AggregationTemporality() != pmetric.AggregationTemporalityCumulative {
		t.Errorf("the total is %v, monotonic: %v", sum.AggregationTemporality(), sum.IsMonotonic())
	}
	if sum := metrics.At(2).Sum(); !sum.IsMonotonic() || sum.AggregationTemporality() != pmetric.AggregationTemporalityDelta {
		t.Errorf("the delta is %v, monotonic: %v", sum.AggregationTemporality(), sum.IsMonotonic())
	}
}

// checkPoint compares the one point of m.
func checkPoint(t *testing.T, m pmetric.Metric, at time.Time, value float64, tags int) {
	t.Helper()
	if m.Type() == pmetric.MetricTypeHistogram {
		h := m.Histogram()
		p := h.DataPoints().At(0)
		if h.AggregationTemporality() != pmetric.AggregationTemporalityDelta || p.Count() != 1 || p.Min() != value || p.Max() != value {
			t.Errorf("%s: %v, %d values from %v to %v", m.Name(), h.AggregationTemporality(), p.Count(), p.Min(), p.Max())
		}
		if p.HasSum() != (value >= 0) || p.HasSum() && p.Sum() != value {
			t.Errorf("%s: has a sum: %v, %v", m.Name(), p.HasSum(), p.Sum())
		}
		checkPlace(t, m, p.Timestamp(), at, p.Attributes(), tags)
		return
	}
	points := m.Gauge().DataPoints
	if m.Type() == pmetric.MetricTypeSum {
		points = m.Sum().DataPoints
	}
	p := points().At(0)
	if points().Len() != 1 || p.ValueType() != pmetric.NumberDataPointValueTypeDouble || p.DoubleValue() != value {
		t.Errorf("%s: %d points, the first %v, want %v", m.Name(), points().Len(), p.DoubleValue(), value)
	}
	checkPlace(t, m, p.Timestamp(), at, p.Attributes(), tags)
}

func checkPlace(t *testing.T, m pmetric.Metric, got pcommon.Timestamp, at time.Time, attributes pcommon.Map, tags int) {
	t.Helper()
	if !got.AsTime().Equal(at) {
		t.Errorf("%s: the time is %v, want %v", m.Name(), got.AsTime(), at)
	}
	raw := attributes.AsRaw()
	if len(raw) != tags || tags > 0 && (raw["host"] != "web1" || raw["text"] != hostile) {
		t.Errorf("%s: the attributes are %q, want %d", m.Name(), raw, tags)
	}
}

func TestCollectorReadsTheStartsOfACounter(t *testing.T) {
	began := time.Now()
	at := began.Truncate(time.Second).Add(time.Hour)
	counter := func(v float64) reporters.Point {
		return reporters.Point{Key: monkit.NewSeriesKey("m"), Field: "total", Value: v, Kind: reporters.Counter}
	}
	var batches []*reporters.Batch
	for i, v := range []float64{5, 9, 2, 3} {
		batches = append(batches, batchOf(at.Add(time.Duration(i)*time.Minute), counter(v)))
	}
	metrics := pushOTLP(t, shop, batches...)
	var starts []time.Time
	for _, m := range metrics.All() {
		for _, p := range m.Sum().DataPoints().All() {
			starts = append(starts, p.StartTimestamp().AsTime())
		}
	}
	if len(starts) != 4 {
		t.Fatalf("%d points, want 4", len(starts))
	}
	if starts[0] != starts[1] || starts[0].After(began) || began.Sub(starts[0]) > time.Hour {
		t.Errorf("the first starts are %v, want that of the process", starts[:2])
	}
	if reset := at.Add(time.Minute); !starts[2].Equal(reset) || !starts[3].Equal(reset) {
		t.Errorf("the starts after the reset are %v, want %v", starts[2:], reset)
	}
}

func TestCollectorReadsThePointsOfAMetricTogether(t *testing.T) {
	var points []reporters.Point
	for _, host := range []string{"a", "b", "c"} {
		key := monkit.NewSeriesKey("m").WithTag("host", host)
		points = append(points, reporters.Point{Key: key, Field: "x", Value: 1}, reporters.Point{Key: key, Field: "y", Value: 2})
	}
	metrics := pushOTLP(t, shop, batchOf(time.Now(), points...))
	if metrics.Len() != 2 {
		t.Fatalf("%d metrics, want 2", metrics.Len())
	}
	for _, m := range metrics.All() {
		if m.Gauge().DataPoints().Len() != 3 {
			t.Errorf("%s has %d points, want 3", m.Name(), m.Gauge().DataPoints().Len())
		}
	}
}

func TestPartialSuccessOfACollectorIsCounted(t *testing.T) {
	answer := pmetricotlp.NewExportResponse()
	answer.PartialSuccess().SetRejectedDataPoints(2)
	answer.PartialSuccess().SetErrorMessage("too many series")
	body, err := answer.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }))
	defer server.Close()
	p := otlp.New(server.URL)
	key := monkit.NewSeriesKey("m")
	if err := p.Report(t.Context(), batchOf(time.Now(), reporters.Point{Key: key, Field: "a"}, reporters.Point{Key: key, Field: "b"}, reporters.Point{Key: key, Field: "c"})); err != nil {
		t.Error(err)
	}
	p.Close(t.Context())
	if l := p.Ledger(); l.Check() != nil || l.Delivered != 1 || l.Dropped[ledger.Rejected] != 2 {
		t.Errorf("ledger %v after %s", l, body)
	}
}
