// Command foreign is a program of another module. It has a line format and a
// transport of its own, made with exported names only, and prints the ledgers
// of both at its end.
//
// The server of the format's address is started only after the first report
// has failed, so that its lines are queued and sent again.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"sync"
	"time"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/lines"
)

// csv is a line format: "measurement,field,value".
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

// memory is a transport that keeps payloads until Flush, and has room for a
// hundred lines. It accounts for its lines itself.
type memory struct {
	mu       sync.Mutex
	payloads [][]byte      // guarded by mu
	counts   ledger.Ledger // guarded by mu
}

var (
	_ reporters.Sender = (*memory)(nil)
	_ ledger.Keeper    = (*memory)(nil)
)

func (m *memory) Send(_ context.Context, payload []byte, n int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts.Pending+int64(n) > 100 {
		return &ledger.Error{Reason: ledger.QueueFull, Err: errors.New("no room in memory")}
	}
	m.payloads = append(m.payloads, append([]byte(nil), payload...))
	m.counts.Accepted += int64(n)
	m.counts.Pending += int64(n)
	return nil
}

func (m *memory) Flush(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.payloads = nil
	m.counts.Delivered += m.counts.Pending
	m.counts.Pending = 0
	return nil
}

func (m *memory) Close(ctx context.Context) error { return m.Flush(ctx) }

func (m *memory) Ledger() ledger.Ledger {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts.Clone()
}

// source emits n gauges, of which one is not a number.
func source(n int) monkit.StatSource {
	return monkit.StatSourceFunc(func(cb func(key monkit.SeriesKey, field string, val float64)) {
		zero := 0.0
		cb(monkit.NewSeriesKey("broken"), "value", zero/zero)
		for i := range n - 1 {
			cb(monkit.NewSeriesKey("gauge").WithTag("i", fmt.Sprint(i)), "value", float64(i))
		}
	})
}

// freeAddress returns an address that nothing listens on.
func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// serve counts the lines of one connection.
func serve(addr string) (count func() int) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		log.Fatal(err)
	}
	received := make(chan int, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		n := 0
		for s := bufio.NewScanner(conn); s.Scan(); {
			n++
		}
		received <- n
	}()
	return func() int { return <-received }
}

func waitUntil(what string, cond func() bool) {
	for deadline := time.Now().Add(30 * time.Second); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			log.Fatalf("timeout: %s", what)
		}
	}
}

func main() {
	addr := freeAddress()
	format, err := lines.Open("tcp://"+addr, csv{}, lines.Options{})
	if err != nil {
		log.Fatal(err)
	}
	transport := reporters.NewPusher(csv{}, &memory{}, reporters.PusherOptions{Name: "memory"})
	few := collect.New(source(50), collect.Options{Interval: time.Hour}, format)
	many := collect.New(source(150), collect.Options{Interval: time.Hour}, transport)

	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := few.Flush(ctx); err == nil {
		log.Fatal("lines are delivered to an address that nothing listens on")
	}
	waitUntil("the format's destination is unavailable", func() bool { return format.Unavailable() != nil })
	fmt.Println("queued:", format.Ledger())

	received := serve(addr)
	if err := few.Close(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println("format:", format.Ledger(), "received:", received())

	many.Close(context.Background()) // returns an error, because memory had no room
	fmt.Println("transport:", transport.Ledger())
	if err := errors.Join(format.Ledger().Check(), transport.Ledger().Check()); err != nil {
		log.Fatal(err)
	}
}
