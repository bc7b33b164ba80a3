package environment

import (
	"bytes"

	"monkit.example/monkit"
)

// diskFields are the numbers that io.stat has for each device.
var diskFields = [...]struct {
	name string
	key  monkit.SeriesKey
}{
	{"rbytes", opKey("cgroup_io_bytes", "read")},
	{"rios", opKey("cgroup_io_operations", "read")},
	{"wbytes", opKey("cgroup_io_bytes", "write")},
	{"wios", opKey("cgroup_io_operations", "write")},
	{"dbytes", opKey("cgroup_io_bytes", "discard")},
	{"dios", opKey("cgroup_io_operations", "discard")},
}

// emitDisks emits the numbers of io.stat, each summed over all devices. The file
// has lines like "8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6".
func emitDisks(text []byte, cb emit) {
	var sums [len(diskFields)]float64
	var found [len(diskFields)]bool
	for len(text) > 0 {
		var word []byte
		word, text = nextWord(text)
		name, number, _ := bytes.Cut(word, []byte("="))
		for i := range diskFields {
			if string(name) != diskFields[i].name {
				continue
			}
			if val, ok := decimal(number); ok {
				sums[i] += val
				found[i] = true
			}
		}
	}
	for i := range diskFields {
		if found[i] {
			cb(diskFields[i].key, "total", sums[i])
		}
	}
}
