// Package environment measures what a program runs in: the process, its
// container, the operating system and the Go runtime.
//
// Use Register once, early in main:
//
//	environment.Register(nil) // on monkit.Default
//
// Each source is also there by itself, for a registry that wants only some.
// All of them exist on every platform; where there is nothing to tell, a
// source is empty, and a number that the kernel does not tell is left out.
// Times are in seconds and sizes in bytes, apart from those of proc_stat,
// proc_statm, runtime_memstats and rusage, which are as their origins have
// them.
//
// Of the process:
//
//	fds              OS       count: open files, or handles on Windows
//	process          Process  control: always 1; crc: of the executable; uptime
//	build            Build    value: always 1, with the tags go, path, version and revision; time: of the commit, in
//	                          seconds since 1970; modified: 1 if the sources were not as committed
//	rusage           Rusage   getrusage(2) (Unix)
//	limits           Limits   getrlimit(2), soft, where there is a limit: open_files processes address_space data stack
//	                          locked_memory file_size core, and cpu (Linux, macOS)
//	proc_stat        Proc     /proc/self/stat, in the kernel's ticks and pages (Linux)
//	proc_statm       Proc     /proc/self/statm, in pages (Linux)
//	proc_io,op=      Proc     read, write. count: system calls; total: bytes (Linux)
//	proc_disk,op=    Proc     read, write, cancelled_write. total: bytes from and to disks (Linux)
//
// Of the Go runtime, all from Runtime:
//
//	goroutines                  count
//	runtime_goroutines          running runnable waiting not_in_go: how many are in each state
//	runtime_goroutines_created  total
//	runtime_sched               gomaxprocs threads
//	runtime_sched_latency       distribution: from when a goroutine could run until it did
//	runtime_cpu,class=          user, idle, gc_assist, gc_dedicated, gc_idle, gc_pause, scavenge_assist,
//	                            scavenge_background. total: processor time, as of the last collection; together
//	                            they are all that GOMAXPROCS offered
//	runtime_heap                live: after the last collection; goal: at which the next ends; gogc: percent, unless off
//	runtime_memory              used: what GOMEMLIMIT holds down; limit: GOMEMLIMIT, if there is one
//	runtime_pause,cause=        gc, other. Distribution of the times in which the whole program stood still
//	runtime_gcstats             distribution of the pauses for garbage collection, one for each collection
//	runtime_mutex_wait          total: time that goroutines waited for mutexes
//	runtime_cgo_calls           total
//	runtime_memstats            the fields of runtime.MemStats
//
// Of the machine and the container, on Linux:
//
//	pressure,kind=,resource=         Pressure  some or full, of cpu, io, irq and memory. avg10 avg60 avg300: percent of the
//	                                           time in which some, or all, work waited; total
//	cgroup_pressure,kind=,resource=  Cgroup    the same of the work in the group only
//	cgroup_cpu                       Cgroup    limit: processors
//	cgroup_cpu_time,mode=            Cgroup    user, system. total
//	cgroup_cpu_periods               Cgroup    total: periods in which the limit could have been reached
//	cgroup_cpu_throttled             Cgroup    count: periods in which it was; total: for how long work then stood still
//	cgroup_memory                    Cgroup    used peak high swap swap_limit limit; of used: anon file kernel slab sock
//	                                           shmem; working_set: used without what can be given up at once
//	cgroup_memory_events,event=      Cgroup    low, high, max, oom, oom_kill, oom_group_kill. total
//	cgroup_pids                      Cgroup    used limit
//
// A limit of a group is the tightest of its own and those of the groups above
// it that can be seen.
//
// # Distributions
//
// A distribution has the fields of a monkit.Dist, but runtime_sched_latency
// and runtime_pause come from histograms of the runtime: their count is exact
// and covers the whole program; sum, averages and quantiles are within an
// eighth, since all values of a bucket count as its middle; and there is no
// field recent, as nobody knows which value was the last.
//
// # What a walk costs
//
// No source stops the world: the numbers named after runtime.MemStats come
// from runtime/metrics. A walk allocates nothing but the name of each file it
// opens, and takes about 0.1 ms on Linux.
//
// Left out of proc_stat on purpose, because they tell an attacker where things
// are in memory: Startcode, Endcode, Startstack, Kstkesp, Kstkeip and Wchan.
package environment
