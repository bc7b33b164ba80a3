package environment

import "monkit.example/monkit"

// A group may be older than the program, as the machine is: see pressureSource.
var cgroupSource = &source{cgroupStats, countsUp{
	"cgroup_cpu_seconds": nil, "cgroup_cpu_periods": nil, "cgroup_cpu_throttled_periods": nil, "cgroup_cpu_throttled_seconds": nil,
	"cgroup_memory_events": nil, "cgroup_io_bytes": nil, "cgroup_io_operations": nil, "cgroup_pressure": nil,
}}

// Cgroup tells what the control group of the process, which is its container
// or service, uses and may use. It knows version 2 of control groups only, and
// looks for the group of the process once.
func Cgroup() monkit.StatSource { return cgroupSource }
