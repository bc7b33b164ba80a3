package environment

import (
	"bytes"

	"monkit.example/monkit"
)

// diskTotals are what io.stat has for each device.
var diskTotals = [...]struct {
	name string
	key  monkit.SeriesKey
}{
	{"rbytes", ioKey("cgroup_io_bytes", "read")},
	{"rios", ioKey("cgroup_io_operations", "read")},
	{"wbytes", ioKey("cgroup_io_bytes", "write")},
	{"wios", ioKey("cgroup_io_operations", "write")},
	{"dbytes", ioKey("cgroup_io_bytes", "discard")},
	{"dios", ioKey("cgroup_io_operations", "discard")},
}

// emitDisks tells the sums over all devices of io.stat, which has lines
// "8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6".
func emitDisks(text []byte, cb emit) {
	var sums [len(diskTotals)]float64
	var found [len(diskTotals)]bool
	for len(text) > 0 {
		var word []byte
		word, text = nextWord(text)
		name, number, _ := bytes.Cut(word, []byte("="))
		for i := range diskTotals {
			if string(name) != diskTotals[i].name {
				continue
			}
			if val, ok := decimal(number); ok {
				sums[i] += val
				found[i] = true
			}
		}
	}
	for i := range diskTotals {
		if found[i] {
			cb(diskTotals[i].key, "total", sums[i])
		}
	}
}
