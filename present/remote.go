package present

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// traceRemote opens the view that has the next matching trace exported, and
// tells its id: as JSON, or, if the query has the address of something that
// shows traces, as a link there. It never leads there by itself: the address
// may come from anybody who made somebody follow a link.
func traceRemote(req request) (Result, error) {
	matcher, err := req.matcher()
	if err != nil {
		return nil, err
	}
	viewer, err := viewerOf(req.query.Get("viz"))
	if err != nil {
		return nil, err
	}
	patience, err := req.patience()
	if err != nil {
		return nil, err
	}
	return limited(func(w io.Writer) error {
		ctx, cancel := patience(req.ctx)
		defer cancel()
		trace, err := sampleNext(ctx, req.registry, w, matcher)
		if err != nil {
			return err
		}
		if viewer == nil {
			return writeTraceID(w, trace)
		}
		return remoteLayout.Execute(w, req.document("trace", remoteLink{tracing.TraceID(trace), linkTo(viewer, trace)}))
	}), nil
}

var remoteLayout = parse("remote")

// remoteLink is what the template shows.
type remoteLink struct{ ID, URL string }

// viewerOf returns nil for an empty address.
func viewerOf(address string) (*url.URL, error) {
	if address == "" {
		return nil, nil
	}
	if !strings.HasPrefix(address, "http:") && !strings.HasPrefix(address, "https:") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, badRequest("invalid viz %.100q: the address of a web page is wanted", address)
	}
	return u, nil
}

func linkTo(viewer *url.URL, trace *monkit.Trace) string {
	u := *viewer
	q := u.Query()
	q.Add("argv", fmt.Sprint(trace.Id()))
	u.RawQuery = q.Encode()
	return u.String()
}

// sampleNext has the trace of the next span that matches exported.
func sampleNext(ctx context.Context, r *monkit.Registry, w io.Writer, matcher func(*monkit.Span) bool) (*monkit.Trace, error) {
	var mu sync.Mutex
	var trace *monkit.Trace // guarded by mu
	first := func(s *monkit.Span) bool {
		mu.Lock()
		defer mu.Unlock()
		if trace != nil {
			return false
		}
		trace = s.Trace()
		return true
	}
	err := waitAlive(ctx, w, func(ctx context.Context) error {
		tracing.FindSpan(ctx, r, func(s *monkit.Span) bool {
			if !matcher(s) {
				return false
			}
			if first(s) {
				tracing.Sample(s.Trace())
			}
			return true
		})
		return ctx.Err()
	})
	mu.Lock()
	defer mu.Unlock()
	if trace != nil {
		return trace, nil
	}
	return nil, err
}

func writeTraceID(w io.Writer, t *monkit.Trace) error {
	return json.NewEncoder(w).Encode(struct {
		ID    int64  `json:"trace_id"`
		HexID string `json:"trace_id_hex"`
	}{t.Id(), tracing.TraceID(t)})
}
