package zipkin

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// span is a span in Zipkin's JSON. It has no field shared, because the client
// and the server of a call have a span each.
type span struct {
	TraceID     string            `json:"traceId"`
	ParentID    string            `json:"parentId,omitempty"`
	ID          string            `json:"id"`
	Kind        string            `json:"kind,omitempty"`
	Name        string            `json:"name"`
	Timestamp   int64             `json:"timestamp"` // Unix time in microseconds
	Duration    int64             `json:"duration"`  // microseconds
	Debug       bool              `json:"debug,omitempty"`
	Local       *address          `json:"localEndpoint,omitempty"`
	Remote      *address          `json:"remoteEndpoint,omitempty"`
	Annotations []event           `json:"annotations,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

type address struct {
	Service string `json:"serviceName,omitempty"`
	IPv4    string `json:"ipv4,omitempty"`
	IPv6    string `json:"ipv6,omitempty"`
	Port    uint16 `json:"port,omitempty"`
}

type event struct {
	Timestamp int64  `json:"timestamp"`
	Value     string `json:"value"`
}

// appendSpan appends s to dst as a line of JSON.
func appendSpan(dst []byte, s *tracing.FinishedSpan, o Options) []byte {
	text, _ := json.Marshal(o.encode(s)) // never fails: strings and numbers always have a JSON form
	return append(append(dst, text...), '\n')
}

// encode converts s.
func (o Options) encode(s *tracing.FinishedSpan) *span {
	out := &span{
		TraceID:   tracing.TraceID(s.Span.Trace()),
		ID:        tracing.SpanID(s.Span.Id()),
		Name:      s.Span.Func().FullName(),
		Timestamp: s.Span.Start().UnixMicro(),
		Duration:  max(s.Finish.Sub(s.Span.Start()).Microseconds(), 1), // 0 means unknown
		Debug:     tracing.OriginOf(s.Span.Trace()).Debug,
		Local:     &address{Service: o.Service},
	}
	id, called := s.Span.ParentId()
	if called && id != 0 {
		out.ParentID = tracing.SpanID(id)
	}
	_, remote := s.Span.RemoteParent()
	if remote {
		out.Kind = "SERVER"
	}
	t := newTags()
	out.annotate(t, s.Span.Annotations())
	t.setFunc(s.Span.Func())
	if remote || !called {
		t.addTrace(s.Span.Trace())
	}
	if o.Args {
		t.addArgs(s.Span.Args())
	}
	t.setOutcome(s, o.ErrorText)
	if s.Panicked {
		out.Annotations = append(out.Annotations, event{s.Finish.UnixMicro(), "panic"})
	}
	out.Tags = t.values()
	return out
}

// kinds are the kinds of spans that Zipkin defines.
var kinds = []string{"CLIENT", "SERVER", "PRODUCER", "CONSUMER"}

// annotate adds annotations as tags. Annotations that Zipkin has other names
// or fields for are renamed or become fields.
func (out *span) annotate(t *tags, all []monkit.Annotation) {
	for _, a := range all {
		switch a.Name {
		case tracing.Kind:
			if kind := strings.ToUpper(a.Value); slices.Contains(kinds, kind) {
				out.Kind = kind
			}
		case tracing.Peer:
			out.Remote = addressOf(a.Value)
		case tracing.HTTPStatus:
			t.add("http.status_code", a.Value)
		case tracing.HTTPURI:
			t.add("http.path", pathOf(a.Value))
		case "error": // servers take any tag of this name for an error
			t.add("monkit.error", a.Value)
		default:
			t.add(a.Name, a.Value)
		}
	}
}

// addressOf parses a host with an optional port.
func addressOf(text string) *address {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host = strings.Trim(text, "[]")
	}
	var a address
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		a.Port = uint16(n)
	}
	switch ip, err := netip.ParseAddr(host); {
	case err != nil:
		a.Service = strings.ToLower(host)
	case ip.Unmap().Is4():
		a.IPv4 = ip.Unmap().String()
	default:
		a.IPv6 = ip.WithZone("").String()
	}
	return &a
}

// pathOf returns the path of uri without the query, which may be private.
func pathOf(uri string) string {
	if u, err := url.Parse(uri); err == nil {
		return u.EscapedPath()
	}
	path, _, _ := strings.Cut(uri, "?")
	return path
}

// isCanceled reports whether err was caused by a canceled context. It
// recovers, because the Is and Unwrap methods belong to the program and may
// panic.
func isCanceled(err error) (canceled bool) {
	defer func() { recover() }()
	return errors.Is(err, context.Canceled)
}

// textOf returns the text of err, or the name of err if its Error method
// panics.
func textOf(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = monkit.ErrorName(err)
		}
	}()
	return err.Error()
}
