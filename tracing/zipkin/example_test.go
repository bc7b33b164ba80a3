package zipkin_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"monkit.example/monkit"
	"monkit.example/tracing/zipkin"
)

func ExampleNewWith() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Println(r.URL.Path, strings.Contains(string(body), `"name":"shop.order"`))
	}))
	defer server.Close()

	r := monkit.NewRegistry()
	exporter := zipkin.NewWith(server.URL, zipkin.Options{Registry: r, Service: "shop"})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r.ScopeNamed("shop").TaskNamed("order")(&ctx)(nil)
	if err := exporter.Close(ctx); err != nil {
		fmt.Println(err)
	}
	// Output: /api/v2/spans true
}
