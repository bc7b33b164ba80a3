package graphite_test

import (
	"context"
	"time"

	"monkit.example/collect"
	"monkit.example/reporters/graphite"
)

func ExampleNew() {
	c := collect.Every(10*time.Second, graphite.New("127.0.0.1:2003"))
	defer c.Close(context.Background())
}

func ExampleNewWith() {
	c := collect.Every(10*time.Second, graphite.NewWith("tls://carbon.example:2003?ca=/etc/ca.pem", graphite.Options{
		Prefix: "prod.web1",
		Tagged: true,
	}))
	defer c.Close(context.Background())
}
