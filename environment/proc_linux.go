package environment

import "github.com/prometheus/procfs"

func procStats(cb emit) {
	if self, err := procfs.Self(); err == nil {
		statsOf(self, cb)
	}
}

func statsOf(proc procfs.Proc, cb emit) {
	if stat, err := proc.Stat(); err == nil {
		emitStat(stat, cb)
	}
	if statm, err := proc.Statm(); err == nil {
		emitStatm(statm, cb)
	}
}

// emitStat keeps to the order of proc_pid_stat(5).
func emitStat(s procfs.ProcStat, cb emit) {
	cb(procStatKey, "Pid", float64(s.PID))
	if s.State != "" {
		cb(procStatKey, "State", float64(s.State[0]))
	}
	cb(procStatKey, "Ppid", float64(s.PPID))
	cb(procStatKey, "Pgrp", float64(s.PGRP))
	cb(procStatKey, "Session", float64(s.Session))
	cb(procStatKey, "TtyNr", float64(s.TTY))
	cb(procStatKey, "Tpgid", float64(s.TPGID))
	cb(procStatKey, "Flags", float64(s.Flags))
	cb(procStatKey, "Minflt", float64(s.MinFlt))
	cb(procStatKey, "Cminflt", float64(s.CMinFlt))
	cb(procStatKey, "Majflt", float64(s.MajFlt))
	cb(procStatKey, "Cmajflt", float64(s.CMajFlt))
	cb(procStatKey, "Utime", float64(s.UTime))
	cb(procStatKey, "Stime", float64(s.STime))
	cb(procStatKey, "Cutime", float64(s.CUTime))
	cb(procStatKey, "Cstime", float64(s.CSTime))
	cb(procStatKey, "Priority", float64(s.Priority))
	cb(procStatKey, "Nice", float64(s.Nice))
	cb(procStatKey, "NumThreads", float64(s.NumThreads))
	cb(procStatKey, "Starttime", float64(s.Starttime))
	cb(procStatKey, "Vsize", float64(s.VSize))
	cb(procStatKey, "Rss", float64(s.RSS))
	cb(procStatKey, "Rsslim", float64(s.RSSLimit))
	cb(procStatKey, "Processor", float64(s.Processor))
	cb(procStatKey, "RtPriority", float64(s.RTPriority))
	cb(procStatKey, "Policy", float64(s.Policy))
	cb(procStatKey, "DelayAcctBlkioTicks", float64(s.DelayAcctBlkIOTicks))
	cb(procStatKey, "GuestTime", float64(s.GuestTime))
	cb(procStatKey, "CguestTime", float64(s.CGuestTime))
}

func emitStatm(s procfs.ProcStatm, cb emit) {
	cb(procStatmKey, "Size", float64(s.Size))
	cb(procStatmKey, "Resident", float64(s.Resident))
	cb(procStatmKey, "Share", float64(s.Shared))
	cb(procStatmKey, "Text", float64(s.Text))
	cb(procStatmKey, "Lib", float64(s.Lib))
	cb(procStatmKey, "Data", float64(s.Data))
	cb(procStatmKey, "Dt", float64(s.Dt))
}
