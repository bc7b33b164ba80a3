package reporters_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
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

// A program looks at how its destinations are, for a page or an alert of its own.
func ExampleMonitored() {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	go func() {
		if c, err := server.Accept(); err == nil {
			io.Copy(io.Discard, c)
			c.Close()
		}
	}()

	scope := monkit.NewRegistry().ScopeNamed("shop")
	scope.Meter("baskets").Mark(5)
	rep := graphite.New(server.Addr().String())
	c := collect.New(scope, collect.Options{Interval: time.Hour}, rep)
	if err := c.Flush(context.Background()); err != nil {
		fmt.Println(err)
	}
	if st, ok := rep.SenderStats(); ok {
		fmt.Println("works:", st.Unavailable == nil, "last success:", !st.LastSuccess.IsZero())
		fmt.Println("delivered:", st.Ledger.Delivered > 0, "dropped:", st.Ledger.Dropped.Sum(), "errors:", st.Errors.Sum())
		fmt.Println("waiting:", st.QueueBytes, "of", st.QueueMaxBytes>>20, "MiB, for at most", st.MaxAge)
	}
	if err := c.Close(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// works: true last success: true
	// delivered: true dropped: 0 errors: 0
	// waiting: 0 of 32 MiB, for at most 10m0s
}

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
