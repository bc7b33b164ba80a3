package environment

import (
	"path/filepath"
	"sync"

	"monkit.example/monkit"
)

func init() { cgroupSource.stats = cgroupStats }

var (
	cgroupCPUKey              = monkit.NewSeriesKey("cgroup_cpu")
	cgroupUserKey             = monkit.NewSeriesKey("cgroup_cpu_seconds").WithTag("mode", "user")
	cgroupSystemKey           = monkit.NewSeriesKey("cgroup_cpu_seconds").WithTag("mode", "system")
	cgroupPeriodsKey          = monkit.NewSeriesKey("cgroup_cpu_periods")
	cgroupThrottledKey        = monkit.NewSeriesKey("cgroup_cpu_throttled_periods")
	cgroupThrottledSecondsKey = monkit.NewSeriesKey("cgroup_cpu_throttled_seconds")
	cgroupMemoryKey           = monkit.NewSeriesKey("cgroup_memory_bytes")
	cgroupPidsKey             = monkit.NewSeriesKey("cgroup_pids")
)

var cpuStatFields = [...]numberLine{
	{"user_usec", cgroupUserKey, "total", microseconds},
	{"system_usec", cgroupSystemKey, "total", microseconds},
	{"nr_periods", cgroupPeriodsKey, "total", 1},
	{"nr_throttled", cgroupThrottledKey, "total", 1},
	{"throttled_usec", cgroupThrottledSecondsKey, "total", microseconds},
}

var memoryStatFields = [...]numberLine{
	{"anon", cgroupMemoryKey, "anon", 1},
	{"file", cgroupMemoryKey, "file", 1},
	{"kernel", cgroupMemoryKey, "kernel", 1},
	{"slab", cgroupMemoryKey, "slab", 1},
	{"sock", cgroupMemoryKey, "sock", 1},
	{"shmem", cgroupMemoryKey, "shmem", 1},
}

var memoryEventFields = [...]numberLine{
	memoryEvent("low"), memoryEvent("high"), memoryEvent("max"), memoryEvent("oom"), memoryEvent("oom_kill"), memoryEvent("oom_group_kill"),
}

func memoryEvent(name string) numberLine {
	return numberLine{name, monkit.NewSeriesKey("cgroup_memory_events").WithTag("event", name), "total", 1}
}

// A cgroup holds the names of the files of a control group. It is made once.
type cgroup struct {
	cpuStat, memoryStat, memoryEvents, ioStat string

	memory, pids []numberFile

	// The files with the limits of the group and of each group above it,
	// whose limits apply to it, too.
	cpuMax, memoryMax, pidsMax []string

	pressure []pressureFile
}

// A numberFile is a file that holds one number, and the field it becomes.
type numberFile struct{ name, field string }

func newCgroup(p place) *cgroup {
	return &cgroup{
		cpuStat:      p.dir + "/cpu.stat",
		memoryStat:   p.dir + "/memory.stat",
		memoryEvents: p.dir + "/memory.events",
		ioStat:       p.dir + "/io.stat",
		memory: []numberFile{
			{p.dir + "/memory.current", "used"},
			{p.dir + "/memory.peak", "peak"},
			{p.dir + "/memory.high", "high"},
			{p.dir + "/memory.swap.current", "swap"},
			{p.dir + "/memory.swap.max", "swap_limit"},
		},
		pids:      []numberFile{{p.dir + "/pids.current", "used"}},
		cpuMax:    p.upwards("cpu.max"),
		memoryMax: p.upwards("memory.max"),
		pidsMax:   p.upwards("pids.max"),
		pressure:  pressureFiles("cgroup_pressure", p.dir, ".pressure"),
	}
}

// maxDepth bounds how many groups are read for their limits.
const maxDepth = 16

// upwards returns the files called name of the group and of the groups above it.
func (p place) upwards(name string) (files []string) {
	for dir := p.dir; len(files) < maxDepth; dir = filepath.Dir(dir) {
		files = append(files, filepath.Join(dir, name))
		if dir == p.top {
			break
		}
	}
	return files
}

var ownCgroup = sync.OnceValue(func() *cgroup {
	if p, ok := findCgroup("/proc/self"); ok {
		return newCgroup(p)
	}
	return nil
})

func cgroupStats(cb emit) {
	if g := ownCgroup(); g != nil {
		g.stats(cb)
	}
}

func (g *cgroup) stats(cb emit) {
	var p page
	emitLimit(cgroupCPUKey, g.cpuMax, cb)
	emitNumberLines(cpuStatFields[:], p.read(g.cpuStat), cb)

	used := emitNumbers(cgroupMemoryKey, g.memory, cb)
	emitLimit(cgroupMemoryKey, g.memoryMax, cb)
	emitMemory(p.read(g.memoryStat), used, cb)
	emitNumberLines(memoryEventFields[:], p.read(g.memoryEvents), cb)

	emitNumbers(cgroupPidsKey, g.pids, cb)
	emitLimit(cgroupPidsKey, g.pidsMax, cb)

	emitDisks(p.read(g.ioStat), cb)
	emitPressures(g.pressure, cb)
}

// emitNumbers emits the number in each of files, and returns the first number.
func emitNumbers(key monkit.SeriesKey, files []numberFile, cb emit) (first float64) {
	var p page
	for i := range files {
		word, _ := nextWord(p.read(files[i].name))
		val, ok := decimal(word) // not ok for "max", which is no limit
		if !ok {
			continue
		}
		cb(key, files[i].field, val)
		if i == 0 {
			first = val
		}
	}
	return first
}

// emitLimit emits the lowest of the limits in files. A file holds a number, or,
// as cpu.max does, the processor time in each period and the period.
func emitLimit(key monkit.SeriesKey, files []string, cb emit) {
	var p page
	limit, limited := 0.0, false
	for _, name := range files {
		word, rest := nextWord(p.read(name))
		val, ok := decimal(word)
		if !ok {
			continue
		}
		word, _ = nextWord(rest)
		if period, ok := decimal(word); ok && period > 0 {
			val /= period
		}
		if !limited || val < limit {
			limit, limited = val, true
		}
	}
	if limited {
		cb(key, "limit", limit)
	}
}

// emitMemory emits how much memory is in use for what. The working set excludes
// memory that the kernel can reclaim at once; it decides which containers are
// evicted when memory is short.
func emitMemory(text []byte, used float64, cb emit) {
	emitNumberLines(memoryStatFields[:], text, cb)
	if inactive, ok := lookup(text, "inactive_file"); ok && used > 0 {
		cb(cgroupMemoryKey, "working_set", max(0, used-inactive))
	}
}
