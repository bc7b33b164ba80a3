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
//
// In the lists below, a series comes with its unit, its fields and where they
// are from. A series whose name or field ends in _seconds or _bytes is in
// these; others are numbers of things unless they say otherwise.
//
// # OS, Process, Build, Limits, Rusage
//
//	fds      count: open files, or handles on Windows. /proc/self/fd, /dev/fd, GetProcessHandleCount
//	process  control: always 1; crc: CRC-32 of the executable; uptime: seconds
//	build    value: always 1, with the tags go, path, version and revision; time: of the commit, in seconds since
//	         1970; modified: 1 if the sources were not as committed. runtime/debug.ReadBuildInfo
//	limits   open_files, processes, address_space_bytes, data_bytes, stack_bytes, locked_memory_bytes, file_size_bytes,
//	         core_bytes, cpu_seconds: the soft limits, where there are any. getrlimit(2) (Linux, macOS)
//	rusage   Utime.Sec, Stime.Sec: seconds of processor time, Utime.Usec, Stime.Usec: microseconds beside them; Maxrss:
//	         KiB, but bytes on macOS; Minflt, Majflt, Nswap, Inblock, Oublock, Msgsnd, Msgrcv, Nsignals, Nvcsw, Nivcsw,
//	         Ixrss, Idrss, Isrss: as getrusage(2) has them (Unix)
//
// # Proc, on Linux
//
//	proc_stat        in ticks of the kernel, mostly a hundredth of a second: Utime, Stime, Cutime, Cstime, Starttime,
//	                 DelayAcctBlkioTicks, GuestTime, CguestTime; in bytes: Vsize, Rsslim; in pages: Rss; State: the
//	                 number of its letter; as they are: Pid, Ppid, Pgrp, Session, TtyNr, Tpgid, Flags, Minflt, Cminflt,
//	                 Majflt, Cmajflt, Priority, Nice, NumThreads, Itrealvalue, Signal, Blocked, Sigignore, Sigcatch,
//	                 Nswap, Cnswap, ExitSignal, Processor, RtPriority, Policy. /proc/self/stat
//	proc_statm       in pages: Size, Resident, Share, Text, Lib, Data, Dt. /proc/self/statm
//	proc_io_calls    total: system calls, op=read and write. /proc/self/io: syscr, syscw
//	proc_io_bytes    total: what they moved, op=read and write. rchar, wchar
//	proc_disk_bytes  total: what of it disks saw, op=read, write and cancelled_write. read_bytes and so on
//
// Left out of proc_stat on purpose, because they tell an attacker where things
// are in memory: Startcode, Endcode, Startstack, Kstkesp, Kstkeip and Wchan.
//
// # Runtime, from runtime/metrics where nothing else is said
//
//	goroutines                     count: without the runtime's own. runtime.NumGoroutine
//	runtime_goroutines             running, runnable, waiting, not_in_go: all there are. /sched/goroutines/…
//	runtime_goroutines_created     total. /sched/goroutines-created
//	runtime_sched                  gomaxprocs, threads. /sched/gomaxprocs, /sched/threads/total
//	runtime_sched_latency_seconds  distribution: from when a goroutine could run until it did. /sched/latencies
//	runtime_cpu_seconds            total, as of the last collection: processor time, class=user, idle, gc_assist,
//	                               gc_dedicated, gc_idle, gc_pause, scavenge_assist and scavenge_background, which add
//	                               up to what GOMAXPROCS offered. /cpu/classes/…
//	runtime_heap_bytes             live: what the last collection left; goal: when the next ends. /gc/heap/…
//	runtime_memory_bytes           used: what GOMEMLIMIT holds down; limit: GOMEMLIMIT, if there is one.
//	                               /memory/classes/total without heap/released, /gc/gomemlimit
//	runtime_gc                     gogc: percent, unless collections are off. /gc/gogc
//	runtime_pause_seconds          distribution: for how long all goroutines stood still, cause=gc and other: twice for
//	                               a collection. /sched/pauses/total/…
//	runtime_gcstats                distribution, in seconds: the same, once for a collection. runtime/debug.ReadGCStats
//	runtime_mutex_wait_seconds     total: that goroutines waited for mutexes. /sync/mutex/wait/total
//	runtime_cgo_calls              total. /cgo/go-to-c-calls
//	runtime_memstats               the fields of runtime.MemStats, in bytes, objects, and nanoseconds: Alloc, TotalAlloc,
//	                               Sys, Lookups, Mallocs, Frees, HeapAlloc, HeapSys, HeapIdle, HeapInuse, HeapReleased,
//	                               HeapObjects, StackInuse, StackSys, MSpanInuse, MSpanSys, MCacheInuse, MCacheSys,
//	                               BuckHashSys, GCSys, OtherSys, NextGC, LastGC, PauseTotalNs, NumGC, NumForcedGC,
//	                               GCCPUFraction, EnableGC, DebugGC
//
// A distribution has the fields of a monkit.Dist: count, sum, min, max, rmin,
// ravg, r10, r50, r90, r95, r99, r999, rmax and recent. Those whose names end
// in _seconds come from histograms of the runtime: their count is exact and
// covers the whole program; sum, averages and quantiles are within an eighth,
// or 32 ns, since all values of a bucket count as its middle; and there is no
// field recent, as nobody knows which value was the last.
//
// # Pressure, on Linux
//
//	pressure  of resource=cpu, io, irq and memory, and kind=some or full: avg10, avg60, avg300: percent of the last
//	          seconds in which some of the machine's work, or all of it, waited; total: seconds. /proc/pressure/…
//
// # Cgroup, on Linux
//
//	cgroup_cpu                    limit: processors. cpu.max
//	cgroup_cpu_seconds            total: processor time, mode=user and system. cpu.stat
//	cgroup_cpu_periods            total: periods with work to do, if there is a limit. cpu.stat
//	cgroup_cpu_throttled_periods  total: those in which the limit was reached. cpu.stat
//	cgroup_cpu_throttled_seconds  total: that work then stood still. cpu.stat
//	cgroup_memory_bytes           used, peak, high, swap, swap_limit, limit; anon, file, kernel, slab, sock, shmem: what
//	                              of used is for what; working_set: used without what can be given up at once.
//	                              memory.current, memory.peak, memory.max and so on, memory.stat
//	cgroup_memory_events          total: event=low, high, max, oom, oom_kill and oom_group_kill. memory.events
//	cgroup_pids                   used, limit: processes and threads. pids.current, pids.max
//	cgroup_io_bytes               total: of all devices, op=read, write and discard. io.stat
//	cgroup_io_operations          total: the same in numbers. io.stat
//	cgroup_pressure               as pressure, of the work in the group only. cpu.pressure and so on
//
// A limit is the tightest of the group's own and those of the groups above it
// that can be seen; high and swap_limit are the group's own. Where one device lies on others, as with encryption,
// cgroup_io has what passed through each.
//
// # What a walk costs
//
// No source stops the world: the numbers named after runtime.MemStats come
// from runtime/metrics. A walk allocates nothing but the name of each file it
// opens, and takes about 0.2 ms on Linux. The first one reads the executable.
//
// # What counts up
//
// To reporters that send differences, as StatsD, each source says which of its
// fields count up from the start of the process. What the machine or the
// container counted goes as it is, since they may be much older.
package environment
