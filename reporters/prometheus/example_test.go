package prometheus_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/prometheus"
)

func ExampleNew() {
	reg := monkit.NewRegistry() // a program uses monkit.Default
	reg.ScopeNamed("example.com/app").Meter("bytes").Mark(100)

	mux := http.NewServeMux()
	mux.Handle("/metrics", prometheus.New(reg))

	page := httptest.NewRecorder()
	mux.ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(page.Body.String()) {
		if strings.Contains(line, "bytes_total") {
			fmt.Print(line)
		}
	}
	// Output:
	// # HELP bytes_total Field total of bytes.
	// # TYPE bytes_total counter
	// bytes_total{scope="example.com/app"} 100
}

func ExampleEncoder() {
	batch := &reporters.Batch{Points: []reporters.Point{ // a collector fills it
		{Key: monkit.NewSeriesKey("queue").WithTag("name", "mail"), Field: "length", Value: 3},
		{Key: monkit.NewSeriesKey("queue").WithTag("name", "mail"), Field: "errors", Value: 1, Kind: reporters.Counter},
	}}
	page, count := prometheus.NewEncoder(prometheus.Options{}).AppendBatch(nil, batch, prometheus.OpenMetrics)
	fmt.Printf("%s%d samples\n", page, count.Samples)
	// Output:
	// # TYPE queue_errors counter
	// # HELP queue_errors Field errors of queue.
	// queue_errors_total{name="mail"} 1
	// # TYPE queue_length gauge
	// # HELP queue_length Field length of queue.
	// queue_length{name="mail"} 3
	// # EOF
	// 2 samples
}
