package monkithttp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"monkit.example/monkit"
	"monkit.example/tracing"
	"monkit.example/tracing/monkithttp"
)

// order is a handler that prints its trace.
var order = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	fmt.Println("trace", monkit.SpanFromCtx(r.Context()).Trace())
	w.WriteHeader(http.StatusAccepted)
})

func ExampleHandler() {
	mon := monkit.NewRegistry().ScopeNamed("shop")
	handler := monkithttp.Handler(order, mon, monkithttp.HandlerOptions{
		Baggage:    []string{"customer"}, // passed on to callees
		MaxSampled: 100,                  // a second, at the request of callers
	})

	req := httptest.NewRequest("POST", "/orders", nil)
	req.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	handler.ServeHTTP(httptest.NewRecorder(), req)
	// Output: trace 0af7651916cd43dd8448eb211c80319c
}

func ExampleTraceHandler() {
	mon := monkit.NewRegistry().ScopeNamed("shop")
	mux := http.NewServeMux()
	mux.Handle("POST /orders", order)
	handler := monkithttp.TraceHandler(mux, mon)

	req := httptest.NewRequest("POST", "/orders", nil)
	req.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
	handler.ServeHTTP(httptest.NewRecorder(), req)
	// Output: trace 0af7651916cd43dd8448eb211c80319c
}

// Each route has times of its own.
func ExampleHandler_mux() {
	mon := monkit.NewRegistry().ScopeNamed("shop")
	mux := http.NewServeMux()
	mux.Handle("GET /orders/{id}", plain)
	handler := monkithttp.Handler(mux, mon, monkithttp.HandlerOptions{Mux: mux})

	for _, path := range []string{"/orders/1", "/orders/2"} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	fmt.Println(mon.FuncNamed("GET /orders/{id}").SuccessTimes().Count)
	// Output: 2
}

func ExampleRoute() {
	registry := monkit.NewRegistry()
	defer tracing.ObserveAllTraces(registry, routes{})()
	orders := http.NewServeMux()
	orders.Handle("GET /orders/{id}", plain)
	handler := monkithttp.TraceHandler(http.StripPrefix("/v1", monkithttp.Route(orders)), registry.ScopeNamed("shop"))

	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/v1/orders/1", nil))
	// Output: GET /orders/{id}
}

// routes prints the routes of spans.
type routes struct{}

func (routes) Start(*monkit.Span) {}

func (routes) Finish(s *monkit.Span, _ error, _ bool, _ time.Time) {
	for _, a := range s.Annotations() {
		if a.Name == tracing.HTTPRoute {
			fmt.Println(a.Value)
		}
	}
}

func ExampleTransport() {
	mon := monkit.NewRegistry().ScopeNamed("shop")
	server := httptest.NewServer(monkithttp.TraceHandler(order, mon))
	defer server.Close()
	client := &http.Client{Transport: monkithttp.Transport(nil, mon, monkithttp.TransportOptions{})}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	trace := monkit.NewTrace128(0x0af7651916cd43dd, 0x1448eb211c80319c)
	defer mon.FuncNamed("checkout").RemoteTrace(&ctx, 0, trace)(nil)
	req, err := http.NewRequestWithContext(ctx, "POST", server.URL, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println(resp.Status)
	// Output:
	// trace 0af7651916cd43dd1448eb211c80319c
	// 202 Accepted
}

func ExampleTraceRequest() {
	mon := monkit.NewRegistry().ScopeNamed("shop")
	server := httptest.NewServer(plain)
	defer server.Close()

	ctx := context.Background()
	defer mon.TaskNamed("checkout")(&ctx)(nil)
	req, err := http.NewRequest("GET", server.URL, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := monkithttp.TraceRequest(ctx, mon, server.Client(), req)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println(resp.Status, mon.FuncNamed("GET").SuccessTimes().Count)
	// Output: 200 OK 1
}

// plain is a handler without traces.
var plain = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// Traces propagate over all protocols that have headers.
func ExampleInject() {
	mon := monkit.NewRegistry().ScopeNamed("shop")
	message := make(http.Header)

	ctx := context.Background()
	finish := mon.TaskNamed("send")(&ctx)
	sender := monkit.SpanFromCtx(ctx)
	monkithttp.Inject(message, sender, monkithttp.TransportOptions{})
	finish(nil)

	ctx = context.Background()
	parent, trace := monkithttp.Extract(message)
	defer mon.FuncNamed("receive").RemoteTrace(&ctx, parent, trace)(nil)
	fmt.Println(parent == sender.Id(), trace.String() == sender.Trace().String())
	// Output: true true
}

func ExampleTraceInfo() {
	header := http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}
	info := monkithttp.TraceInfoFromHeader(header)
	fmt.Println(info.Sampled, tracing.SpanID(*info.ParentId))
	// Output: true b7ad6b7169203331
}

func ExampleWrap() {
	w, status := monkithttp.Wrap(httptest.NewRecorder())
	http.Error(w, "sold out", http.StatusConflict)
	fmt.Println(status())
	// Output: 409
}
