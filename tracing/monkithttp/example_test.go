package monkithttp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"monkit.example/monkit"
	"monkit.example/tracing"
	"monkit.example/tracing/monkithttp"
)

func ExampleHandler() {
	mon := monkit.NewRegistry().ScopeNamed("shop")
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("trace", tracing.TraceID(monkit.SpanFromCtx(r.Context()).Trace()))
	})
	server := httptest.NewServer(monkithttp.Handler(hello, mon, monkithttp.HandlerOptions{}))
	defer server.Close()

	req, err := http.NewRequest("GET", server.URL, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	req.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	resp, err := server.Client().Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	// Output: trace 0af7651916cd43dd8448eb211c80319c
}
