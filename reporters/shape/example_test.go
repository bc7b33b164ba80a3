package shape_test

import (
	"context"
	"fmt"
	"time"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/shape"
)

// printer stands for a destination, such as graphite.New("127.0.0.1:2003").
type printer struct{}

func (printer) Report(_ context.Context, b *reporters.Batch) error {
	for _, p := range b.Points {
		fmt.Println(p.Key.WithField(p.Field), p.Value)
	}
	return nil
}

func (printer) Flush(context.Context) error { return nil }
func (printer) Close(context.Context) error { return nil }

// printShaped reports some series through steps.
func printShaped(steps ...shape.Step) {
	web, disk := monkit.NewSeriesKey("http_requests").WithTag("code", "200"), monkit.NewSeriesKey("disk").WithTag("device", "sda")
	source := monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
		cb(web, "total", 12)
		cb(web, "r99", 0.25)
		cb(disk, "used", 7)
	})
	c := collect.New(source, collect.Options{Interval: time.Hour}, shape.New(printer{}, steps...))
	if err := c.Close(context.Background()); err != nil { // walks a last time
		fmt.Println(err)
	}
}

// Each reporter of a collector has its own shape.
func Example() {
	scope := monkit.NewRegistry().ScopeNamed("shop")
	baskets := scope.Meter("baskets")
	c := collect.New(scope, collect.Options{Interval: time.Hour},
		shape.New(printer{}, // has totals
			shape.Allow("baskets total"),
			shape.Prefix("eu.")),
		shape.New(printer{}, // has what they grew by
			shape.Fields("total"),
			shape.RenameField("total", "count"),
			shape.Tag("region", "eu"),
			shape.Delta()))
	baskets.Mark(3)
	if err := c.Flush(context.Background()); err != nil {
		fmt.Println(err)
	}
	baskets.Mark(2)
	if err := c.Close(context.Background()); err != nil { // walks a last time
		fmt.Println(err)
	}
	// Unordered output:
	// eu.baskets,scope=shop total 3
	// baskets,region=eu,scope=shop count 3
	// eu.baskets,scope=shop total 5
	// baskets,region=eu,scope=shop count 2
}

// A wrong step is an error of Open. New returns it from each report.
func ExampleOpen() {
	_, err := shape.Open(printer{}, shape.Options{}, shape.Allow("disk[sda"), shape.Rename("http_*", "$1_http"))
	fmt.Println(err)
	// Output:
	// shape: Allow: pattern "disk[sda", column 5: no ] for this [; write \[ for the character
	// Rename: replacement "$1_http", column 1: there is no group "1_http"; write ${1}_http for group 1 and this text
}

func ExampleAllow() {
	printShaped(shape.Allow("http_*,code=2?? total", "disk"))
	// Output:
	// http_requests,code=200 total 12
	// disk,device=sda used 7
}

func ExampleDeny() {
	printShaped(shape.Deny("/disk|mem/", "* r[0-9]*"))
	// Output: http_requests,code=200 total 12
}

func ExampleFields() {
	printShaped(shape.Fields("total", "r9*"))
	// Output:
	// http_requests,code=200 total 12
	// http_requests,code=200 r99 0.25
}

func ExampleWithoutFields() {
	printShaped(shape.WithoutFields("r*"))
	// Output:
	// http_requests,code=200 total 12
	// disk,device=sda used 7
}

func ExampleRename() {
	printShaped(shape.Rename("/([a-z]+)_requests/", "${1}_calls"), shape.Rename("disk,device=sd*", "disk.scsi"))
	// Output:
	// http_calls,code=200 total 12
	// http_calls,code=200 r99 0.25
	// disk.scsi,device=sda used 7
}

func ExamplePrefix() {
	printShaped(shape.Fields("used"), shape.Prefix("prod.web1."))
	// Output: prod.web1.disk,device=sda used 7
}

func ExampleRenameField() {
	printShaped(shape.RenameField("r*", "p$1"))
	// Output:
	// http_requests,code=200 total 12
	// http_requests,code=200 p99 0.25
	// disk,device=sda used 7
}

func ExampleTag() {
	printShaped(shape.Fields("used"), shape.Tag("host", "web1"), shape.Tag("device", "all"))
	// Output: disk,device=all,host=web1 used 7
}

func ExampleDefaultTag() {
	printShaped(shape.Fields("used"), shape.DefaultTag("host", "web1"), shape.DefaultTag("device", "all"))
	// Output: disk,device=sda,host=web1 used 7
}

func ExampleRenameTag() {
	printShaped(shape.Fields("total"), shape.RenameTag("code", "status"))
	// Output: http_requests,status=200 total 12
}

func ExampleWithoutTags() {
	printShaped(shape.Fields("used"), shape.WithoutTags("dev*"))
	// Output: disk used 7
}

func ExampleDelta() {
	served := 0.0
	requests := monkit.NewSeriesKey("http_requests")
	source := monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
		served += 5
		cb(requests, "total", served)
	})
	c := collect.New(source, collect.Options{Interval: time.Hour}, shape.New(printer{}, shape.Delta("http_*")))
	for range 2 {
		if err := c.Flush(context.Background()); err != nil {
			fmt.Println(err)
		}
	}
	if err := c.Close(context.Background()); err != nil { // walks a last time
		fmt.Println(err)
	}
	// Output:
	// http_requests total 5
	// http_requests total 5
	// http_requests total 5
}

func ExampleQuote() {
	fmt.Println(shape.Quote("GET /index.html?x=[1]"))
	// Output: GET\ \/index.html\?x\=\[1\]
}
