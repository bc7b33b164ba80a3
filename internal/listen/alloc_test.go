package listen

import (
	"testing"

	"monkit.example/monkit"
)

func TestAWalkAllocatesNothing(t *testing.T) {
	for _, addr := range []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"} {
		r := open(t, addr, Options{})
		sum := 0.0
		cb := func(_ monkit.SeriesKey, _ string, val float64) { sum += val }
		if n := testing.AllocsPerRun(100, func() { r.Stats(cb) }); n != 0 {
			t.Errorf("%s: %v allocations", addr, n)
		}
	}
}

func TestCountingLinesAllocatesNothing(t *testing.T) {
	text := []byte("a 1\r\n \t\nb 2\nc 3")
	if n := testing.AllocsPerRun(100, func() { countLines(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
