package environment

import (
	"testing"

	"monkit.example/monkit"
)

// What counts up reaches StatsD as a difference, all else as it is; the names
// of fields tell which is which only for most.
func TestIsTotal(t *testing.T) {
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
		{"what is beside the seconds starts anew", "rusage", "Utime.Usec", false, true},
		{"most memory ever", "rusage", "Maxrss", false, true},
		{"the machine counted before the program did", "pressure", "total", false, true},
		{"so did the container", "cgroup_cpu_throttled_periods", "total", false, true},
		{"the name tells", "runtime_mutex_wait_seconds", "total", false, false},
		{"somebody else's", "requests", "count", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key := monkit.NewSeriesKey(tt.measurement).WithTag("scope", "monkit.example/environment")
			if total, known := scope.IsTotal(key, tt.field); total != tt.total || known != tt.known {
				t.Errorf("got %v, %v; want %v, %v", total, known, tt.total, tt.known)
			}
		})
	}
}

// A name that no sample has would be a mistake that no reader sees.
func TestFieldsThatCountUpExist(t *testing.T) {
	for _, s := range sources() {
		fields := map[string]map[string]bool{}
		s.Stats(func(key monkit.SeriesKey, field string, _ float64) {
			if fields[key.Measurement] == nil {
				fields[key.Measurement] = map[string]bool{}
			}
			fields[key.Measurement][field] = true
		})
		for measurement, ups := range s.(*source).ups {
			for _, field := range ups {
				if there := fields[measurement]; there != nil && !there[field] {
					t.Errorf("%s has no field %s", measurement, field)
				}
			}
		}
	}
}
