package environment

import "monkit.example/monkit"

var (
	rusageKey    = monkit.NewSeriesKey("rusage")
	rusageSource = &source{rusageStats, countsUp{"rusage": { // microseconds start anew with each second
		"Utime.Sec", "Stime.Sec", "Minflt", "Majflt", "Nswap", "Inblock", "Oublock", "Msgsnd", "Msgrcv", "Nsignals", "Nvcsw", "Nivcsw"}}}
)

// Rusage tells what getrusage(2) counts for the process.
func Rusage() monkit.StatSource { return rusageSource }
