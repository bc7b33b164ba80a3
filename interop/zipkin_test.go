package interop

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/zipkin/zipkinv2"
	"github.com/openzipkin/zipkin-go/model"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
	"monkit.example/tracing/monkithttp"
	"monkit.example/tracing/zipkin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bodies is a server that stores the bodies of requests.
type bodies struct {
	mu  sync.Mutex
	all [][]byte // guarded by mu
}

func (b *bodies) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := faultsink.ReadBody(r)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, []byte(text))
	w.WriteHeader(http.StatusAccepted)
}

// export runs f and returns the request bodies that the exporter sends.
func export(t *testing.T, o zipkin.Options, f func(r *monkit.Registry)) [][]byte {
	t.Helper()
	sink := new(bodies)
	server := httptest.NewServer(sink)
	defer server.Close()
	o.Registry, o.Service = monkit.NewRegistry(), "shop"
	e := zipkin.NewWith(server.URL, o)
	f(o.Registry)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := e.Close(ctx); err != nil {
		t.Fatal(err)
	}
	l := e.Ledger()
	if err := l.Check(); err != nil || l.Delivered != l.Accepted || l.Pending != 0 {
		t.Fatalf("%v, %v", l, err)
	}
	sink.mu.Lock()
	defer sink.mu.Unlock()
	return sink.all
}

// order serves a request. Its calls fail, are canceled, panic, and send a
// request to another server.
func order(r *monkit.Registry) {
	mon := r.ScopeNamed("shop")
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client := &http.Client{Transport: monkithttp.Transport(server.Client().Transport, mon, monkithttp.TransportOptions{})}
	handler := monkithttp.TraceHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		task(r.Context(), mon, "fails", errors.New("secret"))
		task(r.Context(), mon, "canceled", context.Canceled)
		func() {
			defer func() { recover() }()
			ctx := r.Context()
			defer mon.TaskNamed("panics")(&ctx)(nil)
			panic("x")
		}()
		req, _ := http.NewRequestWithContext(r.Context(), "GET", server.URL+"/stock?secret=1", nil)
		if resp, err := client.Do(req); err == nil {
			resp.Body.Close()
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}), mon)
	req := httptest.NewRequest("POST", "/order?secret=1", nil)
	req.Header.Set("traceparent", "00-"+traceID+"-"+parentID+"-01")
	handler.ServeHTTP(httptest.NewRecorder(), req)
	client.CloseIdleConnections()
}

const (
	traceID  = "0af7651916cd43dd8448eb211c80319c"
	parentID = "b7ad6b7169203331"
)

func task(ctx context.Context, mon *monkit.Scope, name string, err error) {
	defer mon.TaskNamed(name)(&ctx, "argument")(&err)
	s := monkit.SpanFromCtx(ctx)
	s.Annotate("twice", "1")
	s.Annotate("twice", "2")
}

func TestZipkinReadsTheSpans(t *testing.T) {
	spans := map[string]model.SpanModel{}
	for _, body := range export(t, zipkin.Options{}, order) {
		var some []model.SpanModel
		if err := json.Unmarshal(body, &some); err != nil {
			t.Fatal(err)
		}
		for _, s := range some {
			spans[strings.TrimPrefix(s.Name, "shop.")] = s
		}
	}
	if len(spans) != 5 {
		t.Fatalf("%d spans, want 5: %v", len(spans), spans)
	}
	server := spans["traceHandler.ServeHTTP"]
	for name, s := range spans {
		if s.TraceID.String() != traceID || s.LocalEndpoint.ServiceName != "shop" || s.Shared || s.Duration < time.Microsecond || s.Timestamp.IsZero() {
			t.Errorf("%s: %+v", name, s)
		}
		if name != "traceHandler.ServeHTTP" && (s.ParentID == nil || *s.ParentID != server.ID) {
			t.Errorf("%s is below %v, want %v", name, s.ParentID, server.ID)
		}
	}
	if server.Kind != model.Server || server.ParentID == nil || server.ParentID.String() != parentID || server.Tags["http.path"] != "/order" {
		t.Errorf("the server's span: %+v", server)
	}
	if c := spans["GET"]; c.Kind != model.Client || c.RemoteEndpoint.IPv4.String() != "127.0.0.1" || c.RemoteEndpoint.Port == 0 || c.Tags["http.status_code"] != "404" {
		t.Errorf("the client's span: %+v", c)
	}
	if p := spans["panics"]; p.Tags["error"] != "panic" || len(p.Annotations) != 1 || p.Annotations[0].Value != "panic" {
		t.Errorf("the span that panicked: %+v", p)
	}
	if f := spans["fails"]; f.Tags["error"] != "System Error" || f.Tags["twice"] != `["1","2"]` || f.Tags["arg_0"] != "" {
		t.Errorf("the span that failed: %+v", f)
	}
}

func TestCollectorReadsTheSpans(t *testing.T) {
	spans := map[string]ptrace.Span{}
	for _, body := range export(t, zipkin.Options{Args: true, ErrorText: true}, order) {
		traces, err := zipkinv2.NewJSONTracesUnmarshaler(false).UnmarshalTraces(body)
		if err != nil {
			t.Fatal(err)
		}
		for service, s := range each(traces) {
			if service != "shop" {
				t.Errorf("%s is of service %q", s.Name(), service)
			}
			spans[strings.TrimPrefix(s.Name(), "shop.")] = s
		}
	}
	for _, tt := range []struct {
		name    string
		kind    ptrace.SpanKind
		status  ptrace.StatusCode
		message string
		attr    string
		val     string
	}{
		{"traceHandler.ServeHTTP", ptrace.SpanKindServer, ptrace.StatusCodeError, "HTTP 503 Service Unavailable", "http.response.status_code", "503"},
		{"GET", ptrace.SpanKindClient, ptrace.StatusCodeUnset, "", "http.response.status_code", "404"},
		{"fails", ptrace.SpanKindUnspecified, ptrace.StatusCodeError, "secret", "arg_0", `"argument"`},
		{"canceled", ptrace.SpanKindUnspecified, ptrace.StatusCodeError, "context canceled", "monkit.canceled", "true"},
		{"panics", ptrace.SpanKindUnspecified, ptrace.StatusCodeError, "panic", "code.function.name", "shop.panics"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, ok := spans[tt.name]
			if !ok {
				t.Fatalf("no such span among %v", spans)
			}
			if s.Kind() != tt.kind || s.Status().Code() != tt.status || s.Status().Message() != tt.message {
				t.Errorf("kind %v, status %v %q", s.Kind(), s.Status().Code(), s.Status().Message())
			}
			if val := s.Attributes().AsRaw()[tt.attr]; val != tt.val {
				t.Errorf("%s is %v, want %q", tt.attr, val, tt.val)
			}
			if s.TraceID().String() != traceID || s.EndTimestamp() <= s.StartTimestamp() {
				t.Errorf("trace %s, from %d to %d", s.TraceID(), s.StartTimestamp(), s.EndTimestamp())
			}
		})
	}
	if events := spans["panics"].Events(); events.Len() != 1 || events.At(0).Name() != "panic" {
		t.Errorf("the panic is not an event")
	}
}

// each iterates over all spans with the names of their services.
func each(traces ptrace.Traces) func(yield func(service string, s ptrace.Span) bool) {
	return func(yield func(string, ptrace.Span) bool) {
		for _, resource := range traces.ResourceSpans().All() {
			service, _ := resource.Resource().Attributes().AsRaw()["service.name"].(string)
			for _, scope := range resource.ScopeSpans().All() {
				for _, s := range scope.Spans().All() {
					if !yield(service, s) {
						return
					}
				}
			}
		}
	}
}

func TestOwnTracesHaveIdsOf128Bits(t *testing.T) {
	var id string
	for _, body := range export(t, zipkin.Options{}, func(r *monkit.Registry) {
		ctx := context.Background()
		defer r.ScopeNamed("s").TaskNamed("f")(&ctx)(nil)
		id = monkit.SpanFromCtx(ctx).Trace().String()
	}) {
		var spans []model.SpanModel
		if err := json.Unmarshal(body, &spans); err != nil || len(spans) != 1 || spans[0].TraceID.String() != id {
			t.Errorf("%v, %v, want trace %s", err, spans, id)
		}
	}
}
