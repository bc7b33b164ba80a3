package environment

import "monkit.example/monkit"

var (
	procStatKey  = monkit.NewSeriesKey("proc_stat")
	procStatmKey = monkit.NewSeriesKey("proc_statm")
	procSource   = &source{procStats, countsUp{"proc_stat": {
		"Minflt", "Cminflt", "Majflt", "Cmajflt", "Utime", "Stime", "Cutime", "Cstime", "DelayAcctBlkioTicks", "GuestTime", "CguestTime"}}}
)

// Proc tells what Linux keeps about the process under /proc/self.
func Proc() monkit.StatSource { return procSource }
