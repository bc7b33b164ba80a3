package present

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// traceRemote is the view that samples the next matching trace, so that
// exporters export it, and shows the id of the trace: as JSON, or, if the query
// has the address of a trace viewer, as a link there. It never redirects to
// that address, because an attacker may have chosen it and made a user follow
// the link to this page.
func traceRemote(req request) (Result, error) {
	q, err := req.traceQuery()
	if err != nil {
		return nil, err
	}
	viewer, err := parseViewer(req.query.Get("viz"))
	if err != nil {
		return nil, err
	}
	return q.result(req.ctx, func(ctx context.Context, w io.Writer) error {
		trace, err := sampleNext(ctx, req.registry, w, q.matcher)
		if err != nil {
			return err
		}
		if viewer == nil {
			return writeTraceID(w, trace)
		}
		return remoteLayout.Execute(w, req.document("trace", remoteLink{tracing.TraceID(trace), linkTo(viewer, trace)}))
	}), nil
}

// remoteType returns the content type of traceRemote.
func remoteType(query url.Values) string {
	if query.Get("viz") != "" {
		return typeHTML
	}
	return typeJSON
}

var remoteLayout = parse("remote")

// remoteLink is the data of ui/remote.html.
type remoteLink struct{ ID, URL string }

// parseViewer parses the address of a trace viewer. It returns nil for an
// empty address.
func parseViewer(address string) (*url.URL, error) {
	if address == "" {
		return nil, nil
	}
	if !strings.HasPrefix(address, "http:") && !strings.HasPrefix(address, "https:") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, badRequest("invalid viz %.100q; write the address of a web page", address)
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

// sampleNext waits for a span that matches, samples its trace and returns the
// trace.
func sampleNext(ctx context.Context, r *monkit.Registry, w io.Writer, matcher *tracing.Matcher) (*monkit.Trace, error) {
	var sampled *monkit.Trace // read only after Find has succeeded
	err := waitKeepingAlive(ctx, w, func(ctx context.Context) error {
		return matcher.Find(ctx, r, func(s *monkit.Span) {
			sampled = s.Trace()
			tracing.Sample(sampled)
		})
	})
	if err != nil {
		return nil, traceError(err)
	}
	return sampled, nil
}

func writeTraceID(w io.Writer, t *monkit.Trace) error {
	return json.NewEncoder(w).Encode(struct {
		ID    int64  `json:"trace_id"`
		HexID string `json:"trace_id_hex"`
	}{t.Id(), tracing.TraceID(t)})
}
