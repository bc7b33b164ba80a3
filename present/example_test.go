package present_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/tracing"
)

func ExampleHTTP() {
	registry := monkit.NewRegistry()
	registry.ScopeNamed("shop").Counter("orders").Set(7)

	mux := http.NewServeMux()
	mux.Handle("/debug/mon/", present.HTTP(registry))

	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest("GET", "/debug/mon/stats", nil))
	fmt.Print(answer.Body)
	// Output:
	// orders,scope=shop high=7.000000
	// orders,scope=shop low=7.000000
	// orders,scope=shop value=7.000000
}

func ExampleHTTPWith() {
	registry := monkit.NewRegistry()
	rec := tracing.NewRecorder(registry, tracing.RecorderOptions{})
	defer rec.Close()
	pages := present.HTTPWith(registry, present.Options{Recorder: rec})

	registry.ScopeNamed("shop").TaskNamed("order")(nil)(nil)

	answer := httptest.NewRecorder()
	pages.ServeHTTP(answer, httptest.NewRequest("GET", "/traces/svg?id="+rec.Traces()[0].ID, nil))
	fmt.Println(answer.Header().Get("Content-Type"))
	// Output: image/svg+xml; charset=utf-8
}

func ExampleFromRequest() {
	registry := monkit.NewRegistry()
	registry.ScopeNamed("shop").Gauge("open", func() float64 { return 1 })

	write, contentType, err := present.FromRequest(registry, "/stats/json", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(contentType)
	write(os.Stdout)
	// Output:
	// application/json; charset=utf-8
	// [
	//  ["open",{"scope":"shop"},"value",1]]
}
