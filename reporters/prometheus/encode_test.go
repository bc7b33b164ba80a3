package prometheus

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// point returns a point of the series measurement,tags with the tags as keys
// and values in turn.
func point(kind reporters.Kind, measurement, field string, val float64, tags ...string) reporters.Point {
	key := monkit.NewSeriesKey(measurement)
	for i := 0; i+1 < len(tags); i += 2 {
		key = key.WithTag(tags[i], tags[i+1])
	}
	return reporters.Point{Key: key, Field: field, Value: val, Kind: kind}
}

func level(measurement, field string, val float64, tags ...string) reporters.Point {
	return point(reporters.Gauge, measurement, field, val, tags...)
}

func tally(measurement, field string, val float64, tags ...string) reporters.Point {
	return point(reporters.Counter, measurement, field, val, tags...)
}

// numbered gives the points the numbers that a collector gives them.
func numbered(points []reporters.Point) []reporters.Point {
	series := map[string]uint32{}
	for i := range points {
		name := points[i].Key.String()
		if series[name] == 0 {
			series[name] = uint32(len(series) + 1)
		}
		points[i].Series, points[i].ID = series[name], uint32(i+1)
	}
	return points
}

// encode returns the page of the points in both formats, which it parses.
func encode(t testing.TB, e *Encoder, points []reporters.Point) (pages [formats]string, c Count) {
	t.Helper()
	var all [formats]parsed
	for f := range formats {
		page, n := e.AppendBatch(nil, &reporters.Batch{Points: points}, f)
		p, err := parsePage(string(page), f)
		if err != nil {
			t.Fatalf("%v: %v\n%s", f, err, page)
		}
		if n.Samples != len(p.values) || n.Samples+n.Added+n.Collisions+n.Unsupported != len(points) {
			t.Fatalf("%v: counts are %+v, of %d points; the page has %d samples", f, n, len(points), len(p.values))
		}
		pages[f], all[f], c = string(page), p, n
	}
	if !maps.EqualFunc(all[Text].values, all[OpenMetrics].values, func(a, b float64) bool { return a == b || a != a && b != b }) {
		t.Fatalf("the formats have different samples:\n%s\n%s", pages[Text], pages[OpenMetrics])
	}
	return pages, c
}

func TestSamplesAndTypes(t *testing.T) {
	distribution := func(measurement string, tags ...string) []reporters.Point {
		return []reporters.Point{
			tally(measurement, "count", 3, tags...), level(measurement, "sum", 6, tags...), level(measurement, "min", 1, tags...),
			level(measurement, "rmin", 1, tags...), level(measurement, "r50", 2, tags...), level(measurement, "r999", 3, tags...), level(measurement, "rmax", 3, tags...),
		}
	}
	for _, tt := range []struct {
		name   string
		points []reporters.Point
		want   string // the page in Text without HELP; in OpenMetrics after "--" if types differ
	}{
		{"nothing", nil, ""},
		{"gauge", []reporters.Point{level("depth", "value", -1.5)}, "# TYPE depth_value gauge\ndepth_value -1.5\n"},
		{"counter gets _total", []reporters.Point{tally("function", "errors", 2)},
			"# TYPE function_errors_total counter\nfunction_errors_total 2\n--\n# TYPE function_errors counter\nfunction_errors_total 2\n"},
		{"_total is not doubled", []reporters.Point{tally("bytes", "total", 2)},
			"# TYPE bytes_total counter\nbytes_total 2\n--\n# TYPE bytes counter\nbytes_total 2\n"},
		{"count of errors by name is a counter", []reporters.Point{tally("function", "count", 2, "error_name", "EOF"), tally("function", "total", 9)},
			"# TYPE function_count_total counter\nfunction_count_total{error_name=\"EOF\"} 2\n# TYPE function_total counter\nfunction_total 9\n--\n" +
				"# TYPE function_count counter\nfunction_count_total{error_name=\"EOF\"} 2\n# TYPE function counter\nfunction_total 9\n"},
		{"distribution is a summary", distribution("size", "z", "1"), "# TYPE size summary\n" +
			"size{quantile=\"0.0\",z=\"1\"} 1\nsize{quantile=\"0.5\",z=\"1\"} 2\nsize{quantile=\"0.999\",z=\"1\"} 3\nsize{quantile=\"1.0\",z=\"1\"} 3\n" +
			"size_sum{z=\"1\"} 6\nsize_count{z=\"1\"} 3\n# TYPE size_min gauge\nsize_min{z=\"1\"} 1\n"},
		{"distribution without values", []reporters.Point{tally("size", "count", 0)}, "# TYPE size summary\nsize_count 0\n"},
		{"distribution without count is gauges", []reporters.Point{level("size", "sum", 6), level("size", "r50", 2)},
			"# TYPE size_r50 gauge\nsize_r50 2\n# TYPE size_sum gauge\nsize_sum 6\n"},
		{"count that is a gauge", []reporters.Point{level("pool", "count", 6), level("pool", "sum", 2)},
			"# TYPE pool_count gauge\npool_count 6\n# TYPE pool_sum gauge\npool_sum 2\n"},
		{"series of a summary are together", append(distribution("size", "a", "2"), tally("size", "count", 0, "a", "1")), "# TYPE size summary\nsize_count{a=\"1\"} 0\n" +
			"size{a=\"2\",quantile=\"0.0\"} 1\nsize{a=\"2\",quantile=\"0.5\"} 2\nsize{a=\"2\",quantile=\"0.999\"} 3\nsize{a=\"2\",quantile=\"1.0\"} 3\n" +
			"size_sum{a=\"2\"} 6\nsize_count{a=\"2\"} 3\n# TYPE size_min gauge\nsize_min{a=\"2\"} 1\n"},
		{"tag quantile of a distribution is renamed", []reporters.Point{tally("size", "count", 1, "quantile", "q"), level("size", "sum", 2, "quantile", "q"), level("size", "max", 2, "quantile", "q")},
			"# TYPE size summary\nsize_sum{exported_quantile=\"q\"} 2\nsize_count{exported_quantile=\"q\"} 1\n# TYPE size_max gauge\nsize_max{quantile=\"q\"} 2\n"},
		{"negative sum is of no type", []reporters.Point{tally("ratio", "count", 1), level("ratio", "sum", -2), level("ratio", "r50", -2)},
			"# TYPE ratio untyped\nratio{quantile=\"0.5\"} -2\n# TYPE ratio_count untyped\nratio_count 1\n# TYPE ratio_sum untyped\nratio_sum -2\n--\n" +
				"# TYPE ratio unknown\nratio{quantile=\"0.5\"} -2\n# TYPE ratio_count unknown\nratio_count 1\n# TYPE ratio_sum unknown\nratio_sum -2\n"},
		{"negative counter is of no type", []reporters.Point{tally("a", "total", -1)}, "# TYPE a_total untyped\na_total -1\n--\n# TYPE a_total unknown\na_total -1\n"},
		{"NaN counter is of no type", []reporters.Point{tally("a", "total", math.NaN())}, "# TYPE a_total untyped\na_total NaN\n--\n# TYPE a_total unknown\na_total NaN\n"},
		{"numbers", []reporters.Point{level("n", "a", math.NaN()), level("n", "b", math.Inf(1)), level("n", "c", math.Inf(-1)), level("n", "d", 1e300), level("n", "e", math.Copysign(0, -1))},
			"# TYPE n_a gauge\nn_a NaN\n# TYPE n_b gauge\nn_b +Inf\n# TYPE n_c gauge\nn_c -Inf\n# TYPE n_d gauge\nn_d 1e+300\n# TYPE n_e gauge\nn_e 0\n"},
		{"two kinds in one family", []reporters.Point{tally("a", "total", 1, "x", "1"), level("a", "total", 2, "x", "2")},
			"# TYPE a_total untyped\na_total{x=\"1\"} 1\na_total{x=\"2\"} 2\n--\n# TYPE a_total unknown\na_total{x=\"1\"} 1\na_total{x=\"2\"} 2\n"},
		{"counter beside a gauge of its family's name", []reporters.Point{tally("queue.jobs", "total", 1), level("queue", "jobs", 2)},
			"# TYPE queue_jobs gauge\nqueue_jobs 2\n# TYPE queue_jobs_total counter\nqueue_jobs_total 1\n--\n" +
				"# TYPE queue_jobs gauge\nqueue_jobs 2\n# TYPE queue_jobs_total unknown\nqueue_jobs_total 1\n"},
		{"counter beside a reserved name", []reporters.Point{tally("a", "total", 1), level("a", "created", 2)},
			"# TYPE a_created gauge\na_created 2\n# TYPE a_total counter\na_total 1\n--\n# TYPE a_created gauge\na_created 2\n# TYPE a_total unknown\na_total 1\n"},
		{"summary beside a gauge of one of its names", []reporters.Point{tally("size", "count", 1), level("size", "sum", 2), level("", "size_sum", 3, "a", "1")},
			"# TYPE size_count untyped\nsize_count 1\n# TYPE size_sum untyped\nsize_sum 2\nsize_sum{a=\"1\"} 3\n--\n" +
				"# TYPE size_count unknown\nsize_count 1\n# TYPE size_sum unknown\nsize_sum 2\nsize_sum{a=\"1\"} 3\n"},
		{"summary beside a reserved name", []reporters.Point{tally("size", "count", 1), level("size", "sum", 2), level("size", "created", 3)},
			"# TYPE size_count untyped\nsize_count 1\n# TYPE size_created untyped\nsize_created 3\n# TYPE size_sum untyped\nsize_sum 2\n--\n" +
				"# TYPE size_count unknown\nsize_count 1\n# TYPE size_created unknown\nsize_created 3\n# TYPE size_sum unknown\nsize_sum 2\n"},
		{"names", []reporters.Point{level("http.server-Größe", "a b:c", 1), level("9lives", "", 2), level("", "7", 3)},
			"# TYPE _7 gauge\n_7 3\n# TYPE _9lives gauge\n_9lives 2\n# TYPE http_server_Gr__e_a_b_c gauge\nhttp_server_Gr__e_a_b_c 1\n"},
		{"labels", []reporters.Point{level("a", "b", 1, "z.y", "1", "a", "\"\\\n", "__name__", "x", "9", "n", "", "no key", "none", "", "le", "ü\xff")},
			"# TYPE a_b gauge\na_b{_=\"no key\",_9=\"n\",_name__=\"x\",a=\"\\\"\\\\\\n\",le=\"ü\ufffd\",none=\"true\",z_y=\"1\"} 1\n"},
		{"tags that become one label are joined", []reporters.Point{level("a", "b", 1, "x.y", "1", "x_y", "2", "x-y", "0")},
			"# TYPE a_b gauge\na_b{x_y=\"0;1;2\"} 1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, open, differs := strings.Cut(tt.want, "--\n")
			if !differs {
				open = text
			}
			for _, points := range [][]reporters.Point{tt.points, numbered(tt.points)} {
				pages, c := encode(t, NewEncoder(Options{}), points)
				if got := withoutHelp(pages[Text]); got != text {
					t.Errorf("text:\n%swant:\n%s", got, text)
				}
				if got := withoutHelp(pages[OpenMetrics]); got != open+"# EOF\n" {
					t.Errorf("openmetrics:\n%swant:\n%s", got, open)
				}
				if c.Samples != len(tt.points) {
					t.Errorf("counts are %+v", c)
				}
			}
		})
	}
}

// Prometheus takes a label without a value for no label, so that
// series which such a tag sets apart would be one sample.
func TestTagsWithoutAValueSetSeriesApart(t *testing.T) {
	points := []reporters.Point{tally("hits", "", 1), tally("hits", "", 2, "blue", ""), tally("hits", "", 3, "red", ""), tally("hits", "", 4, "blue", "", "red", "")}
	want := "hits_total 1\nhits_total{blue=\"true\",red=\"true\"} 4\nhits_total{blue=\"true\"} 2\nhits_total{red=\"true\"} 3\n"
	for _, points := range [][]reporters.Point{points, numbered(points)} {
		pages, c := encode(t, NewEncoder(Options{}), points)
		if got := withoutHelp(pages[Text]); got != "# TYPE hits_total counter\n"+want {
			t.Errorf("the page is\n%swant\n%s", got, want)
		}
		if c.Samples != len(points) || c.Collisions != 0 {
			t.Errorf("counts are %+v", c)
		}
	}
}

func withoutHelp(page string) string {
	var rest strings.Builder
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "# HELP ") {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

func TestPointsThatAreLeftOutAreCounted(t *testing.T) {
	points := []reporters.Point{
		level("a.b", "c", 2), level("a_b", "c", 3), level("a", "b.c", 1), // the first by measurement and field is written
		level("d", "e", 1, "x y", "1"), level("d", "e", 2, "x_y", "1"),
		point(reporters.CounterDelta, "a", "delta", 1), point(reporters.Sample, "a", "sample", 1), point(reporters.GaugeDelta, "a", "gauge_delta", 1),
		level("", "", 1),
	}
	for range 20 {
		rand.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
		pages, c := encode(t, NewEncoder(Options{}), points)
		if want := (Count{Samples: 2, Collisions: 3, Unsupported: 4}); c != want {
			t.Errorf("counts are %+v, want %+v", c, want)
		}
		if want := "# TYPE a_b_c gauge\na_b_c 1\n# TYPE d_e gauge\nd_e{x_y=\"1\"} 1\n"; withoutHelp(pages[Text]) != want {
			t.Errorf("the page is\n%s", pages[Text])
		}
	}
}

// The second of two series with one name is written when the first is gone.
func TestSeriesReplacesOneThatIsGone(t *testing.T) {
	e := NewEncoder(Options{})
	first, second := level("a", "b.c", 1), level("a.b", "c", 2)
	first.ID, second.ID = 1, 2
	first.Series, second.Series = 1, 2
	for i, points := range [][]reporters.Point{{second, first}, {second}, {first}, {second, first}} {
		want := "a_b_c 1\n"
		if len(points) == 1 && points[0].ID == 2 {
			want = "a_b_c 2\n"
		}
		if pages, _ := encode(t, e, points); !strings.HasSuffix(pages[Text], want) {
			t.Errorf("page %d is\n%s", i, pages[Text])
		}
	}
}

func TestHelpHasTheOriginalNames(t *testing.T) {
	pages, _ := encode(t, NewEncoder(Options{Prefix: "app-1"}), []reporters.Point{
		level("a.b", "c\n\"\\", 1), tally("d e", "count", 1), level("d e", "sum", 1), level(strings.Repeat("m", 300), "f", 1),
		level(strings.Repeat("€", 300), "f", 1),
	})
	for _, want := range []string{
		"# HELP app_1_a_b_c___ Field c\\n\"\\\\ of a.b.\n# TYPE app_1_a_b_c___ gauge\n",
		"# HELP app_1_d_e Distribution d e with quantiles of its recent values.\n",
		" Field f of " + strings.Repeat("m", maxHelp) + ".\n",
		" Field f of " + strings.Repeat("€", maxHelp/3) + ".\n",
	} {
		if !strings.Contains(pages[Text], want) {
			t.Errorf("the page has no %q:\n%s", want, pages[Text])
		}
	}
	if want := "# TYPE app_1_a_b_c___ gauge\n# HELP app_1_a_b_c___ Field c\\n\\\"\\\\ of a.b.\n"; !strings.Contains(pages[OpenMetrics], want) {
		t.Errorf("the page has no %q:\n%s", want, pages[OpenMetrics])
	}
}

// The type of a sample may change with its values, its name must not.
func TestNamesStayWhenValuesChange(t *testing.T) {
	e := NewEncoder(Options{})
	for i, step := range []struct {
		sum       float64
		distinct  float64
		typ, name string
	}{
		{1, 2, "summary", "d"}, {-1, 2, "untyped", "d_sum"}, {1, 2, "untyped", "d_sum"},
	} {
		pages, _ := encode(t, e, numbered([]reporters.Point{tally("d", "count", 2), level("d", "sum", step.sum), level("d", "r50", 0)}))
		p, err := parsePage(pages[Text], Text)
		if err != nil {
			t.Fatal(err)
		}
		if p.types[step.name] != step.typ || p.values["d_sum"] != step.sum || p.values["d_count"] != 2 || p.values[`d{quantile="0.5"}`] != 0 {
			t.Errorf("step %d: types are %v, values %v", i, p.types, p.values)
		}
	}
}

// A lone count is a counter as soon as it is not 0, and stays one.
func TestLoneCount(t *testing.T) {
	e := NewEncoder(Options{})
	for i, tt := range []struct {
		val  float64
		want string
	}{{0, "jobs_count 0\n"}, {1, "jobs_count_total 1\n"}, {0, "jobs_count_total 0\n"}} {
		points := numbered([]reporters.Point{tally("jobs", "count", tt.val), level("a", fmt.Sprint("new", i), 1)}) // the new series needs another layout
		if pages, _ := encode(t, e, points); !strings.HasSuffix(pages[Text], "\n"+tt.want) {
			t.Errorf("the page is\n%swant %s", pages[Text], tt.want)
		}
	}
	pages, _ := encode(t, e, numbered([]reporters.Point{tally("jobs", "count", 2), level("jobs", "sum", 3)}))
	if want := "# TYPE jobs summary\njobs_sum 3\njobs_count 2\n"; withoutHelp(pages[Text]) != want {
		t.Errorf("the page is\n%s", pages[Text])
	}
}

func TestIdleSeriesAreReleasedAndComeBack(t *testing.T) {
	e := NewEncoder(Options{})
	all := numbered([]reporters.Point{level("a", "x", 1), level("b", "x", 2), level("c", "x", 3)})
	encode(t, e, all)
	for range idleBatches + 1 {
		if pages, _ := encode(t, e, all[:1]); withoutHelp(pages[Text]) != "# TYPE a_x gauge\na_x 1\n" {
			t.Fatalf("the page is\n%s", pages[Text])
		}
	}
	if len(e.live()) != 1 || len(e.rows) != 1 {
		t.Errorf("the encoder has %d entries and %d rows", len(e.live()), len(e.rows))
	}
	if _, c := encode(t, e, all); c.Samples != 3 {
		t.Errorf("counts are %+v", c)
	}
	// Another series gets the number of one that is gone.
	other := level("d", "x", 4)
	other.ID, other.Series = all[2].ID, all[2].Series
	if pages, _ := encode(t, e, []reporters.Point{all[0], other}); !strings.HasSuffix(pages[Text], "d_x 4\n") || strings.Contains(pages[Text], "c_x") {
		t.Errorf("the page is\n%s", pages[Text])
	}
}

// A source may change its mind about what is a total.
func TestKindOfASeriesChanges(t *testing.T) {
	e := NewEncoder(Options{})
	encode(t, e, numbered([]reporters.Point{level("a", "b", 1)}))
	if pages, _ := encode(t, e, numbered([]reporters.Point{tally("a", "b", 2)})); withoutHelp(pages[Text]) != "# TYPE a_b_total counter\na_b_total 2\n" {
		t.Errorf("the page is\n%s", pages[Text])
	}
}

// A batch of a listener is written as one of a collector, and leaves nothing
// behind that points into its memory.
func TestReceivedPointsAreNotKept(t *testing.T) {
	e := NewEncoder(Options{})
	b := new(reporters.Batch)
	key := monkit.NewSeriesKey(b.Copy([]byte("measured"))).WithTag(b.Copy([]byte("host")), b.Copy([]byte("web1")))
	b.Points = append(b.Points, reporters.Point{Key: key, Field: b.Copy([]byte("f")), Value: 1})
	page, _ := e.AppendBatch(nil, b, Text)
	b.Reset()
	own := numbered([]reporters.Point{level("own", "f", 1)})
	pages, _ := encode(t, e, own)
	if !strings.Contains(string(page), `measured_f{host="web1"} 1`) || strings.Contains(pages[Text], "measured") || len(e.live()) != 1 {
		t.Errorf("the pages are\n%s\n%s\nand the encoder has %d entries", page, pages[Text], len(e.live()))
	}
}

func TestOrderDoesNotDependOnTheBatch(t *testing.T) {
	var points []reporters.Point
	for i := range 200 {
		tags := []string{"scope", fmt.Sprint("s", i%7), "name", fmt.Sprint("n", i)}
		points = append(points, tally("function", "total", float64(i), tags...), level("function", "current", 1, tags...),
			tally("function_times", "count", 1, tags...), level("function_times", "sum", 2, tags...), level("function_times", "r50", 2, tags...))
	}
	want, _ := encode(t, NewEncoder(Options{}), points)
	kept := NewEncoder(Options{})
	numbered(points)
	for range 10 {
		rand.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
		for _, e := range []*Encoder{kept, NewEncoder(Options{})} {
			if got, _ := encode(t, e, points); got != want {
				t.Fatal("the page depends on the order of the batch")
			}
		}
	}
}

// A page of series that the encoder knows takes no memory.
func TestKnownSeriesAllocateNothing(t *testing.T) {
	e := NewEncoder(Options{})
	var points []reporters.Point
	for i := range 1000 {
		points = append(points, tally("function", "total", float64(i), "name", fmt.Sprint(i)))
	}
	b := &reporters.Batch{Points: numbered(points)}
	page, _ := e.AppendBatch(nil, b, OpenMetrics)
	if n := testing.AllocsPerRun(10, func() { page, _ = e.AppendBatch(page[:0], b, OpenMetrics) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
