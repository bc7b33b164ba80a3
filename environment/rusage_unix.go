//go:build unix

package environment

import (
	"syscall"

	"monkit.example/monkit"
)

func init() { rusageSource.stats = rusageStats }

var rusageKey = monkit.NewSeriesKey("rusage")

func rusageStats(cb emit) {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return
	}
	cb(rusageKey, "Utime.Sec", float64(r.Utime.Sec))
	cb(rusageKey, "Utime.Usec", float64(r.Utime.Usec))
	cb(rusageKey, "Stime.Sec", float64(r.Stime.Sec))
	cb(rusageKey, "Stime.Usec", float64(r.Stime.Usec))
	cb(rusageKey, "Maxrss", float64(r.Maxrss))
	cb(rusageKey, "Ixrss", float64(r.Ixrss))
	cb(rusageKey, "Idrss", float64(r.Idrss))
	cb(rusageKey, "Isrss", float64(r.Isrss))
	cb(rusageKey, "Minflt", float64(r.Minflt))
	cb(rusageKey, "Majflt", float64(r.Majflt))
	cb(rusageKey, "Nswap", float64(r.Nswap))
	cb(rusageKey, "Inblock", float64(r.Inblock))
	cb(rusageKey, "Oublock", float64(r.Oublock))
	cb(rusageKey, "Msgsnd", float64(r.Msgsnd))
	cb(rusageKey, "Msgrcv", float64(r.Msgrcv))
	cb(rusageKey, "Nsignals", float64(r.Nsignals))
	cb(rusageKey, "Nvcsw", float64(r.Nvcsw))
	cb(rusageKey, "Nivcsw", float64(r.Nivcsw))
}
