// Package environment measures what a program runs in: the process, its
// operating system and the Go runtime.
//
// Use Register once, early in main:
//
//	environment.Register(nil) // on monkit.Default
//
// Each source is also there by itself, for a registry that wants only some.
// All of them exist on every platform; where there is nothing to tell, a
// source is empty.
//
//	fds              OS       count: open files, or handles on Windows
//	proc_stat        Proc     /proc/self/stat, in the kernel's ticks and pages (Linux)
//	proc_statm       Proc     /proc/self/statm, in pages (Linux)
//	process          Process  control: always 1; crc: of the executable; uptime: seconds
//	goroutines       Runtime  count
//	runtime_memstats Runtime  the numbers of runtime.MemStats
//	runtime_gcstats  Runtime  distribution of the pauses for garbage collection, in seconds
//	rusage           Rusage   getrusage(2) of this process (Unix)
//
// No source stops the world: the numbers named after runtime.MemStats come
// from runtime/metrics.
//
// Left out of proc_stat on purpose, because they tell an attacker where things
// are in memory or because the kernel has stopped filling them in: Startcode,
// Endcode, Startstack, Kstkesp, Kstkeip, Signal, Blocked, Sigignore, Sigcatch,
// Wchan, Nswap, Cnswap, ExitSignal and Itrealvalue.
package environment
