package environment_test

import (
	"go/build"
	"runtime"
	"slices"
	"strings"
	"testing"

	"monkit.example/environment"
	"monkit.example/monkit"
)

const scopeTag = "scope=monkit.example/environment"

// everywhere is the series of every platform.
var everywhere = map[string][]string{
	"process":    {"control", "crc", "uptime"},
	"goroutines": {"count"},
	"runtime_memstats": {"Alloc", "TotalAlloc", "Sys", "Lookups", "Mallocs", "Frees", "HeapAlloc", "HeapSys", "HeapIdle",
		"HeapInuse", "HeapReleased", "HeapObjects", "StackInuse", "StackSys", "MSpanInuse", "MSpanSys", "MCacheInuse",
		"MCacheSys", "BuckHashSys", "GCSys", "OtherSys", "NextGC", "LastGC", "PauseTotalNs", "NumGC", "NumForcedGC",
		"GCCPUFraction", "EnableGC", "DebugGC"},
	"runtime_heap_bytes":            {"live", "goal"},
	"runtime_gc":                    {"gogc"},
	"runtime_memory_bytes":          {"used"},
	"runtime_sched":                 {"gomaxprocs"},
	"runtime_mutex_wait_seconds":    {"total"},
	"runtime_cgo_calls":             {"total"},
	"runtime_sched_latency_seconds": {"count", "sum", "min", "max", "rmin", "ravg", "r10", "r50", "r90", "r95", "r99", "r999", "rmax"},
	"runtime_gcstats":               {"count", "sum", "min", "max", "rmin", "ravg", "r10", "r50", "r90", "r95", "r99", "r999", "rmax", "recent"},
}

// sinceGo126 is what the runtime has since Go 1.26.
var sinceGo126 = map[string][]string{
	"runtime_sched":              {"gomaxprocs", "threads"},
	"runtime_goroutines":         {"running", "runnable", "waiting", "not_in_go"},
	"runtime_goroutines_created": {"total"},
}

var onUnix = map[string][]string{
	"rusage": {"Utime.Sec", "Utime.Usec", "Stime.Sec", "Stime.Usec", "Maxrss", "Ixrss", "Idrss", "Isrss", "Minflt", "Majflt",
		"Nswap", "Inblock", "Oublock", "Msgsnd", "Msgrcv", "Nsignals", "Nvcsw", "Nivcsw"},
	"fds": {"count"},
}

var onLinux = map[string][]string{
	"proc_stat": {"Pid", "State", "Ppid", "Pgrp", "Session", "TtyNr", "Tpgid", "Flags", "Minflt", "Cminflt", "Majflt", "Cmajflt",
		"Utime", "Stime", "Cutime", "Cstime", "Priority", "Nice", "NumThreads", "Itrealvalue", "Starttime", "Vsize", "Rss",
		"Rsslim", "Signal", "Blocked", "Sigignore", "Sigcatch", "Nswap", "Cnswap", "ExitSignal", "Processor", "RtPriority", "Policy", "DelayAcctBlkioTicks", "GuestTime", "CguestTime"},
	"proc_statm": {"Size", "Resident", "Share", "Text", "Lib", "Data", "Dt"},
}

// expected returns the series of this platform and their fields.
func expected() map[string][]string {
	want := map[string][]string{}
	for _, group := range []struct {
		applies bool
		series  map[string][]string
	}{
		{true, everywhere},
		{slices.Contains(build.Default.ReleaseTags, "go1.26"), sinceGo126},
		{runtime.GOOS == "linux" || runtime.GOOS == "darwin", onUnix},
		{runtime.GOOS == "linux", onLinux},
	} {
		if group.applies {
			for series, fields := range group.series {
				want[series] = fields
			}
		}
	}
	return want
}

type sample struct {
	key   monkit.SeriesKey
	field string
	val   float64
}

func walk(source monkit.StatSource) (samples []sample) {
	source.Stats(func(key monkit.SeriesKey, field string, val float64) {
		samples = append(samples, sample{key, field, val})
	})
	return samples
}

func fieldsBySeries(samples []sample) map[string][]string {
	fields := map[string][]string{}
	for _, s := range samples {
		fields[s.key.Measurement] = append(fields[s.key.Measurement], s.field)
	}
	return fields
}

func TestRegisterEmitsEverySeriesWithItsFields(t *testing.T) {
	runtime.GC() // so that there is a pause to report
	registry := monkit.NewRegistry()
	environment.Register(registry)
	got := fieldsBySeries(walk(registry))
	for series, fields := range expected() {
		if !slices.Equal(got[series], fields) {
			t.Errorf("%s has the fields\n%q, want\n%q", series, got[series], fields)
		}
	}
}

func TestSeriesAreInTheScopeOfThePackage(t *testing.T) {
	registry := monkit.NewRegistry()
	environment.Register(registry)
	for _, s := range walk(registry.ScopeNamed("monkit.example/environment")) {
		if got := s.key.Tags.Get("scope"); got != "monkit.example/environment" {
			t.Errorf("%s is in the scope %q", s.key, got)
		}
	}
}

func TestRegisterInEmitsTheSameSeriesInAnotherScope(t *testing.T) {
	runtime.GC() // so that both report a pause
	here, there := monkit.NewRegistry(), monkit.NewRegistry()
	environment.Register(here)
	environment.RegisterIn(there.ScopeNamed("elsewhere"))
	got := fieldsBySeries(walk(there.ScopeNamed("elsewhere")))
	for series, fields := range fieldsBySeries(walk(here)) {
		if !slices.Equal(got[series], fields) {
			t.Errorf("%s has the fields\n%q, want\n%q", series, got[series], fields)
		}
	}
}

// Fault 17 of monkit/v3: every series was emitted twice.
func TestRegisterTwiceEmitsOnce(t *testing.T) {
	registry := monkit.NewRegistry()
	environment.Register(registry)
	environment.Register(registry)
	seen := map[string]int{}
	for _, s := range walk(registry) {
		seen[s.key.WithField(s.field)]++
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s was emitted %d times", name, n)
		}
	}
}

func TestRegisterNilMeansDefault(t *testing.T) {
	environment.Register(nil)
	if _, ok := monkit.Collect(monkit.Default)["process,"+scopeTag+" control"]; !ok {
		t.Error("monkit.Default has no process control after Register(nil)")
	}
}

func TestNoSeriesShowsWhereThingsAreInMemory(t *testing.T) {
	for _, s := range walk(environment.Proc()) {
		for _, secret := range []string{"code", "stack", "kstk", "wchan"} {
			if strings.Contains(strings.ToLower(s.field), secret) {
				t.Errorf("%s is emitted", s.field)
			}
		}
	}
}

func TestEverySourceExistsOnEveryPlatform(t *testing.T) {
	for name, source := range map[string]func() monkit.StatSource{
		"OS":       environment.OS,
		"Proc":     environment.Proc,
		"Process":  environment.Process,
		"Runtime":  environment.Runtime,
		"Rusage":   environment.Rusage,
		"Build":    environment.Build,
		"Limits":   environment.Limits,
		"Pressure": environment.Pressure,
		"Cgroup":   environment.Cgroup,
	} {
		if source() != source() {
			t.Errorf("%s returns a new source in each call", name)
		}
		walk(source())
	}
}

// A collector recognizes a series by its *TagSet.
func TestASeriesKeepsItsTagSet(t *testing.T) {
	registry := monkit.NewRegistry()
	environment.Register(registry)
	tags := map[string]*monkit.TagSet{}
	for range 2 {
		for _, s := range walk(registry) {
			name := s.key.String()
			if before, ok := tags[name]; ok && before != s.key.Tags {
				t.Fatalf("%s has another *TagSet in the second walk", name)
			}
			tags[name] = s.key.Tags
		}
	}
}

// An encoder writes adjacent samples of one series as one line.
func TestSamplesOfASeriesAreAdjacent(t *testing.T) {
	registry := monkit.NewRegistry()
	environment.Register(registry)
	seen, last := map[string]bool{}, ""
	for _, s := range walk(registry) {
		name := s.key.String()
		if name != last && seen[name] {
			t.Errorf("%s %s is emitted after another series began", name, s.field)
		}
		seen[name], last = true, name
	}
}
