package otlp_test

import (
	"context"
	"os"
	"time"

	"monkit.example/collect"
	"monkit.example/reporters/otlp"
)

func ExampleNew() {
	c := collect.Every(10*time.Second, otlp.New("http://127.0.0.1:4318"))
	defer c.Close(context.Background())
}

// The token is read for each request, so that it may be renewed.
func ExampleNewWith() {
	c := collect.Every(10*time.Second, otlp.NewWith("https://otlp.example/v1/metrics", otlp.Options{
		Service: "shop",
		Token: func() string {
			token, _ := os.ReadFile("/run/secrets/otlp") // without a token, the server rejects the points
			return string(token)
		},
	}))
	defer c.Close(context.Background())
}
