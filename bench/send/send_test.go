package send

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"monkit.example/bench/turns"
	"monkit.example/internal/send"
)

// Up to these sizes payloads are joined, as the reporters have it.
const (
	chunk = 64 << 10  // of a stream
	body  = 512 << 10 // of a request
)

// comparison is of a Sender with a floor. A unit is a payload.
type comparison struct {
	name     string
	sink     string
	size     int  // of a payload
	each     bool // one payload is sent and awaited at a time
	compress bool // bodies

	limit     float64 // of the ratio of processor times
	maxAllocs float64 // of allocations for a payload
}

// The limits of allocations are what the present code needs. A payload should need
// none over tcp, and no more than net/http allocates over http.
var comparisons = []comparison{
	{name: "tcp, 64 KiB", sink: "tcp", size: 64 << 10, limit: 2.4, maxAllocs: 0.10},
	{name: "tcp, 1 KiB joined", sink: "tcp", size: 1 << 10, limit: 3.5, maxAllocs: 0.10},
	{name: "http, 64 KiB joined", sink: "http", size: 64 << 10, limit: 2, maxAllocs: 12},
	{name: "http, 64 KiB joined, gzip", sink: "http", size: 64 << 10, compress: true, limit: 1.6, maxAllocs: 12},
	{name: "http, 1 KiB joined", sink: "http", size: 1 << 10, limit: 2.5, maxAllocs: 0.3},
	{name: "http, 64 KiB one by one", sink: "http", size: 64 << 10, each: true, limit: 2, maxAllocs: 80},
}

// sides returns functions that send l to the sink.
func (c comparison) sides(t testing.TB, s *sink, l load) (ours, theirs func()) {
	o := send.Options{ChunkBytes: chunk}
	path, joined := "", 1
	if c.sink == "http" {
		o.ChunkBytes, path, joined = body, "/write", body/c.size
	}
	sender := newSender(t, c.sink+"://"+s.addr+path, send.DialOptions{Gzip: c.compress}, o, l)
	ours = sender.run
	if c.each {
		ours, joined = sender.runEach, 1
	}
	if c.sink == "http" {
		return ours, httpFloor(t, s.addr, l, joined, c.compress)
	}
	return ours, tcpFloor(t, s.addr, l)
}

// bytesPerCall are many for a stream, so that the wait for the last
// acknowledgement of a call costs a payload little.
var bytesPerCall = map[string]int{"tcp": 16 << 20, "http": 4 << 20}

func BenchmarkRatio(b *testing.B) {
	for _, c := range comparisons {
		b.Run(turns.Label(c.name), func(b *testing.B) {
			s, l := startSink(b, c.sink), newLoad(c.size, bytesPerCall[c.sink])
			ours, theirs := c.sides(b, s, l)
			turns.Pair{
				Units: l.payloads, Bytes: l.bytes(), Limit: c.limit, MaxAllocs: c.maxAllocs,
				Ours: ours, Theirs: theirs,
			}.Run(b)
		})
	}
}

// maxSpool is what a spool may cost while it is not needed.
const maxSpool = 1.15

// BenchmarkSpool compares a Sender that has a spool with one that has none. A unit
// is a line. The sink takes everything at once, and as little waits as with a
// destination that is healthy: nothing may be written to disk.
func BenchmarkSpool(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		name := map[int]string{1 << 10: "1 KiB joined", 64 << 10: "64 KiB"}[size]
		b.Run(turns.Label(name), func(b *testing.B) {
			s, dir, l := startSink(b, "tcp"), b.TempDir(), newLoad(size, 512<<10)
			ours, theirs := spoolSides(b, s, dir, l)
			turns.Pair{Units: l.payloads * l.lines, Bytes: l.bytes(), Limit: maxSpool, Ours: ours.run, Theirs: theirs.run}.Run(b)
			if all := segments(b, dir); len(all) > 0 && turns.Strict(b.N) {
				b.Errorf("lines were written to disk although the destination was healthy: %v", all)
			}
		})
	}
}

// spoolSides returns Senders to the sink: one with a spool in dir and one without.
func spoolSides(t testing.TB, s *sink, dir string, l load) (with, without *sender) {
	to, o := "tcp://"+s.addr, send.Options{ChunkBytes: chunk}
	without = newSender(t, to, send.DialOptions{}, o, l)
	o.Spool = &send.SpoolOptions{Dir: dir, Format: "graphite"}
	return newSender(t, to, send.DialOptions{}, o, l), without
}

// segments returns the files below dir that hold lines. A spool that is open keeps
// the last one, also if all of its lines were delivered.
func segments(t testing.TB, dir string) (all []string) {
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".seg") {
			all = append(all, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return all
}
