package environment

import (
	"testing"

	"monkit.example/monkit"
)

// StatsD gets the differences of counters and the values of all other fields.
// Most, but not all, fields that are counters have a name that shows it.
func TestIsTotalKnowsTheCounters(t *testing.T) {
	registry := monkit.NewRegistry()
	Register(registry)
	scope := registry.ScopeNamed("monkit.example/environment")
	for _, tt := range []struct {
		name, measurement, field string
		total, known             bool
	}{
		{"open files are closed", "fds", "count", false, true},
		{"goroutines end", "goroutines", "count", false, true},
		{"bytes ever allocated", "runtime_memstats", "TotalAlloc", true, true},
		{"bytes in use", "runtime_memstats", "Alloc", false, true},
		{"page faults", "proc_stat", "Minflt", true, true},
		{"threads", "proc_stat", "NumThreads", false, true},
		{"context switches", "rusage", "Nvcsw", true, true},
		{"seconds of processor time", "rusage", "Utime.Sec", true, true},
		{"microseconds start from zero in each second", "rusage", "Utime.Usec", false, true},
		{"highest memory use", "rusage", "Maxrss", false, true},
		{"the machine counts since before the program started", "pressure", "total", false, true},
		{"a container counts since before the program started", "cgroup_cpu_throttled_periods", "total", false, true},
		{"the name of the field shows it", "runtime_mutex_wait_seconds", "total", false, false},
		{"a series of another source", "requests", "count", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key := monkit.NewSeriesKey(tt.measurement).WithTag("scope", "monkit.example/environment")
			if total, known := scope.IsTotal(key, tt.field); total != tt.total || known != tt.known {
				t.Errorf("got %v, %v; want %v, %v", total, known, tt.total, tt.known)
			}
		})
	}
}

// A misspelled measurement or field in counters has no other effect than that
// IsTotal does not know it.
func TestCountersExist(t *testing.T) {
	emitted := map[string]map[string]bool{}
	for _, stats := range everyStats(t) {
		stats(func(key monkit.SeriesKey, field string, _ float64) {
			if emitted[key.Measurement] == nil {
				emitted[key.Measurement] = map[string]bool{}
			}
			emitted[key.Measurement][field] = true
		})
	}
	for _, s := range sources() {
		for measurement, fields := range s.(*source).counters {
			exists := emitted[measurement] != nil
			if !exists && complete {
				t.Errorf("no source emits %s", measurement)
			}
			for _, field := range fields {
				if exists && !emitted[measurement][field] {
					t.Errorf("%s has no field %s", measurement, field)
				}
			}
		}
	}
}
