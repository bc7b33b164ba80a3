package otlp_test

import (
	"context"
	"time"

	"monkit.example/collect"
	"monkit.example/reporters/otlp"
)

func ExampleNew() {
	c := collect.Every(10*time.Second, otlp.New("http://127.0.0.1:4318"))
	defer c.Close(context.Background())
}

// The file is read for each request, so that the token may be renewed.
func ExampleNewWith() {
	c := collect.Every(10*time.Second, otlp.NewWith("https://otlp.example/v1/metrics", otlp.Options{
		Service:   "shop",
		TokenFile: "/run/secrets/otlp",
	}))
	defer c.Close(context.Background())
}
