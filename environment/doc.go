// Package environment measures what a program runs in: the process, its
// container, the operating system and the Go runtime.
//
// Call Register once, early in main:
//
//	environment.Register(nil) // on monkit.Default
//
// A registry that needs only some sources chains them one by one. Every source
// exists on every platform. It emits nothing where the platform has nothing to
// report, and leaves out the numbers that the kernel does not have.
//
// The lists below give the fields of each series and where they come from. A
// series whose name or field ends in _seconds or _bytes has that unit; other
// numbers are counts unless stated otherwise.
//
// # OS, Process, Build, Limits, Rusage
//
//	fds      count: open files, or handles on Windows. /proc/self/fd, /dev/fd, GetProcessHandleCount
//	process  control: always 1; crc: CRC-32 of the executable; uptime: seconds
//	build    value: always 1, with the tags go, path, version and revision; time: of the commit, in seconds since
//	         1970; modified: 1 if the source code was changed after the commit. runtime/debug.ReadBuildInfo
//	limits   open_files, processes, address_space_bytes, data_bytes, stack_bytes, locked_memory_bytes, file_size_bytes,
//	         core_bytes, cpu_seconds: the soft limits that are set. getrlimit(2) (Linux, macOS)
//	rusage   Utime.Sec, Stime.Sec: whole seconds of processor time, Utime.Usec, Stime.Usec: microseconds to add to
//	         them; Maxrss: KiB, but bytes on macOS; Minflt, Majflt, Nswap, Inblock, Oublock, Msgsnd, Msgrcv, Nsignals,
//	         Nvcsw, Nivcsw, Ixrss, Idrss, Isrss: as in getrusage(2) (Unix)
//
// # Proc, on Linux
//
//	proc_stat        in clock ticks, mostly a hundredth of a second: Utime, Stime, Cutime, Cstime, Starttime,
//	                 DelayAcctBlkioTicks, GuestTime, CguestTime; in bytes: Vsize, Rsslim; in pages: Rss; State: the
//	                 ASCII code of its letter; as in proc_pid_stat(5): Pid, Ppid, Pgrp, Session, TtyNr, Tpgid, Flags,
//	                 Minflt, Cminflt, Majflt, Cmajflt, Priority, Nice, NumThreads, Itrealvalue, Signal, Blocked,
//	                 Sigignore, Sigcatch, Nswap, Cnswap, ExitSignal, Processor, RtPriority, Policy. /proc/self/stat
//	proc_statm       in pages: Size, Resident, Share, Text, Lib, Data, Dt. /proc/self/statm
//	proc_io_calls    total: system calls, op=read and write. /proc/self/io: syscr, syscw
//	proc_io_bytes    total: bytes that these calls moved, op=read and write. rchar, wchar
//	proc_disk_bytes  total: the part of them that went from or to disks, op=read, write and cancelled_write. read_bytes
//	                 and so on
//
// proc_stat leaves out Startcode, Endcode, Startstack, Kstkesp, Kstkeip and
// Wchan on purpose, because they show an attacker where things are in memory.
//
// # Runtime, from runtime/metrics unless stated otherwise
//
//	goroutines                     count: without those of the runtime. runtime.NumGoroutine
//	runtime_goroutines             running, runnable, waiting, not_in_go: with those of the runtime, since Go 1.26. /sched/goroutines/…
//	runtime_goroutines_created     total, since Go 1.26. /sched/goroutines-created
//	runtime_sched                  gomaxprocs and, since Go 1.26, threads. /sched/gomaxprocs, /sched/threads/total
//	runtime_sched_latency_seconds  distribution: time that goroutines were runnable before they ran. /sched/latencies
//	runtime_cpu_seconds            total, as of the last collection: processor time, class=user, idle, gc_assist,
//	                               gc_dedicated, gc_idle, gc_pause, scavenge_assist and scavenge_background, which add
//	                               up to the time of GOMAXPROCS processors. /cpu/classes/…
//	runtime_heap_bytes             live: what the last collection left; goal: when the next one ends. /gc/heap/…
//	runtime_memory_bytes           used: the memory that GOMEMLIMIT limits; limit: GOMEMLIMIT, if it is set.
//	                               /memory/classes/total without heap/released, /gc/gomemlimit
//	runtime_gc                     gogc: percent, unless collections are off. /gc/gogc
//	runtime_pause_seconds          distribution: stops of all goroutines, cause=gc, two for each collection, and
//	                               cause=other. /sched/pauses/total/…
//	runtime_gcstats                distribution, in seconds: stops for garbage collection, one for each collection.
//	                               runtime/debug.ReadGCStats
//	runtime_mutex_wait_seconds     total: time that goroutines waited for mutexes. /sync/mutex/wait/total
//	runtime_cgo_calls              total. /cgo/go-to-c-calls
//	runtime_memstats               the fields of runtime.MemStats, in bytes, objects, and nanoseconds: Alloc, TotalAlloc,
//	                               Sys, Lookups, Mallocs, Frees, HeapAlloc, HeapSys, HeapIdle, HeapInuse, HeapReleased,
//	                               HeapObjects, StackInuse, StackSys, MSpanInuse, MSpanSys, MCacheInuse, MCacheSys,
//	                               BuckHashSys, GCSys, OtherSys, NextGC, LastGC, PauseTotalNs, NumGC, NumForcedGC,
//	                               GCCPUFraction, EnableGC, DebugGC
//
// A distribution has the fields of a monkit.Dist: count, sum, min, max, rmin,
// ravg, r10, r50, r90, r95, r99, r999, rmax and recent. The distributions whose
// names end in _seconds come from histograms of the runtime. Their count is
// exact and covers the whole program. Their sum, averages and quantiles are
// within an eighth, or 32 ns, because the middle of a bucket stands for all of
// its values. They have no field recent, because a histogram does not hold the
// newest value.
//
// # Pressure, on Linux
//
//	pressure  of resource=cpu, io, irq and memory, and kind=some or full: avg10, avg60, avg300: percent of the last 10, 60
//	          and 300 seconds in which some of the work of the machine, or all of it, waited; total: seconds of waiting.
//	          /proc/pressure/…
//
// # Cgroup, on Linux
//
//	cgroup_cpu                    limit: processors. cpu.max
//	cgroup_cpu_seconds            total: processor time, mode=user and system. cpu.stat
//	cgroup_cpu_periods            total: periods with work to do, if there is a limit. cpu.stat
//	cgroup_cpu_throttled_periods  total: periods in which the limit was reached. cpu.stat
//	cgroup_cpu_throttled_seconds  total: time that work waited because of the limit. cpu.stat
//	cgroup_memory_bytes           used, peak, high, swap, swap_limit, limit; the parts of used: anon, file, kernel, slab,
//	                              sock, shmem; working_set: used without memory that the kernel can reclaim at once.
//	                              memory.current, memory.peak, memory.max and so on, memory.stat
//	cgroup_memory_events          total: event=low, high, max, oom, oom_kill and oom_group_kill. memory.events
//	cgroup_pids                   used, limit: processes and threads. pids.current, pids.max
//	cgroup_io_bytes               total: bytes of all devices, op=read, write and discard. io.stat
//	cgroup_io_operations          total: operations of all devices, op=read, write and discard. io.stat
//	cgroup_pressure               the fields of pressure, for the work of the group only. cpu.pressure and so on
//
// A limit is the lowest one of the group and of the visible groups above it;
// high and swap_limit are those of the group alone. Where one device is built
// on others, as for encryption, cgroup_io counts what passed through each.
//
// # Cost of a walk
//
// No source stops the world: even the numbers of runtime.MemStats come from
// runtime/metrics. A walk allocates only the name of each file that it opens,
// and takes about 0.2 ms on Linux. The first walk also reads the executable.
//
// # Counters
//
// Reporters that send differences, such as StatsD, ask each source which of its
// fields are counters, which count up from the start of the process. Counts of
// the machine and of the container are sent unchanged, because they may have
// started long before the process.
package environment
