package influx_test

import (
	"context"
	"os"
	"time"

	"monkit.example/collect"
	"monkit.example/reporters/influx"
)

func ExampleNew() {
	c := collect.Every(10*time.Second, influx.New("http://127.0.0.1:8086/write?db=app"))
	defer c.Close(context.Background())
}

func ExampleNewWith() {
	c := collect.Every(10*time.Second, influx.NewWith("https://influx.example/api/v2/write?org=me&bucket=app", influx.Options{
		Token: func() string { return os.Getenv("INFLUX_TOKEN") },
	}))
	defer c.Close(context.Background())
}
