package present

import (
	"io"
	"net/http"

	"monkit.example/reporters/prometheus"
)

// metricsView returns the view of /metrics in the format f.
func metricsView(f prometheus.Format) view {
	return view{
		name: f.String(), contentType: f.ContentType(), work: fixed,
		open: func(req request) (Result, error) {
			return func(w io.Writer) error { return req.metrics.Write(req.ctx, w, f) }, nil
		},
		serve: func(h handler, w http.ResponseWriter, r *http.Request) { h.metrics.Serve(w, r, f) },
	}
}

func preferredMetrics(accept []string) string { return prometheus.Negotiate(accept).String() }
