package statsd_test

import (
	"context"
	"time"

	"monkit.example/collect"
	"monkit.example/reporters/statsd"
)

func ExampleNew() {
	c := collect.Every(10*time.Second, statsd.New("127.0.0.1:8125"))
	defer c.Close(context.Background())
}

func ExampleNewWith() {
	c := collect.Every(10*time.Second, statsd.NewWith("unixgram:///var/run/datadog/dsd.socket", statsd.Options{Dialect: statsd.DogStatsD}))
	defer c.Close(context.Background())
}
