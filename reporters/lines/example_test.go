package lines_test

import (
	"context"
	"fmt"
	"net"
	"time"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/lines"
)

// csv is a format of its own: "measurement,field,value".
type csv struct{}

func (csv) Name() string { return "csv" }

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

// A format of one's own needs only a name and AppendRun.
func ExampleNew() {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	scope := monkit.NewRegistry().ScopeNamed("shop")
	scope.Gauge("baskets", func() float64 { return 5 })

	r := lines.New(server.LocalAddr().String(), csv{}, lines.Options{Transport: "udp"})
	c := collect.New(scope, collect.Options{Interval: time.Hour}, r)
	if err := c.Close(context.Background()); err != nil { // walks a last time
		fmt.Println(err)
	}

	buf := make([]byte, 1500)
	n, _, err := server.ReadFrom(buf)
	fmt.Print(string(buf[:n]))
	fmt.Println(r.Ledger(), err)
	// Output:
	// baskets,value,5
	// accepted=1 delivered=1 dropped=0 pending=0 <nil>
}

func ExampleOpen() {
	_, err := lines.Open("tcp://collector.example", csv{}, lines.Options{})
	fmt.Println(err)
	// Output:
	// address "tcp://collector.example": no port; write collector.example:2003
}
