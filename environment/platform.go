package environment

import "monkit.example/monkit"

// The sources in this file depend on the platform. Each is empty until the file
// of a platform that has its numbers, such as proc_linux.go, sets stats in
// init, so that other platforms need no file at all.
var (
	procSource = &source{counters: counters{"proc_stat": {
		"Minflt", "Cminflt", "Majflt", "Cmajflt", "Utime", "Stime", "Cutime", "Cstime", "DelayAcctBlkioTicks", "GuestTime", "CguestTime"}}}

	rusageSource = &source{counters: counters{"rusage": { // not the microseconds, which start from zero in each second
		"Utime.Sec", "Stime.Sec", "Minflt", "Majflt", "Nswap", "Inblock", "Oublock", "Msgsnd", "Msgrcv", "Nsignals", "Nvcsw", "Nivcsw"}}}

	limitsSource = &source{}

	// The machine counts since it was started. The program's first report must
	// not add what happened before the program started, so these are no
	// counters.
	pressureSource = &source{counters: counters{"pressure": nil}}

	// A control group may be older than the program, as the machine is.
	cgroupSource = &source{counters: counters{
		"cgroup_cpu_seconds": nil, "cgroup_cpu_periods": nil, "cgroup_cpu_throttled_periods": nil, "cgroup_cpu_throttled_seconds": nil,
		"cgroup_memory_events": nil, "cgroup_io_bytes": nil, "cgroup_io_operations": nil, "cgroup_pressure": nil,
	}}
)

// Proc returns the source of what Linux reports about the process in
// /proc/self.
func Proc() monkit.StatSource { return procSource }

// Rusage returns the source of what getrusage(2) counts for the process.
func Rusage() monkit.StatSource { return rusageSource }

// Limits returns the source of the soft limits that getrlimit(2) reports for
// the process. Unlimited resources are left out.
func Limits() monkit.StatSource { return limitsSource }

// Pressure returns the source of how long the work of the whole machine waited
// for processors, memory and disks. Cgroup has the same for the container of
// the process.
func Pressure() monkit.StatSource { return pressureSource }

// Cgroup returns the source of what the control group of the process, which is
// its container or service, uses and may use. It supports version 2 of control
// groups only, and looks for the group of the process once.
func Cgroup() monkit.StatSource { return cgroupSource }
