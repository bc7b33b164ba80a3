package reporters_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// csv is a format of its own: a line for each field of a series.
type csv struct{}

func (csv) AppendRun(dst []byte, run []reporters.Point) (out []byte, skipped int) {
	for _, p := range run {
		if !reporters.Finite(p.Value) {
			skipped++
			continue
		}
		dst = fmt.Appendf(dst, "%s,%s,", p.Key.Measurement, p.Field)
		dst = append(reporters.AppendFloat(dst, p.Value), '\n')
	}
	return dst, skipped
}

// stdout is a transport of its own.
type stdout struct{}

func (stdout) Send(_ context.Context, payload []byte, lines int) error {
	_, err := os.Stdout.Write(payload)
	return err
}

func (stdout) Flush(context.Context) error { return nil }
func (stdout) Close(context.Context) error { return nil }

func ExampleNewPusher() {
	scope := monkit.NewRegistry().ScopeNamed("shop")
	scope.Counter("basket").Inc(5)

	push := reporters.NewPusher(csv{}, stdout{}, reporters.PusherOptions{Name: "csv"})
	c := collect.New(scope, collect.Options{Interval: time.Hour}, push)
	if err := c.Close(context.Background()); err != nil { // walks a last time
		fmt.Println(err)
	}
	fmt.Println("delivered:", push.Ledger().Delivered)
	// Unordered output:
	// basket,high,5
	// basket,low,5
	// basket,value,5
	// delivered: 3
}
