package environment

import (
	"bytes"

	"monkit.example/monkit"
)

func init() { procSource.stats = procStats }

var (
	procStatKey  = monkit.NewSeriesKey("proc_stat")
	procStatmKey = monkit.NewSeriesKey("proc_statm")
)

// statFields names the fields of proc_pid_stat(5) from the fourth on. A field
// without a name is not emitted, because it shows where things are in memory.
var statFields = [...]string{
	"Ppid", "Pgrp", "Session", "TtyNr", "Tpgid", "Flags", "Minflt", "Cminflt", "Majflt", "Cmajflt", "Utime", "Stime", "Cutime",
	"Cstime", "Priority", "Nice", "NumThreads", "Itrealvalue", "Starttime", "Vsize", "Rss", "Rsslim", "", "", "", "", "",
	"Signal", "Blocked", "Sigignore", "Sigcatch", "", "Nswap", "Cnswap", "ExitSignal", "Processor", "RtPriority", "Policy",
	"DelayAcctBlkioTicks", "GuestTime", "CguestTime",
}

// statmFields names the fields of proc_pid_statm(5).
var statmFields = [...]string{"Size", "Resident", "Share", "Text", "Lib", "Data", "Dt"}

// ioFields are the lines of proc_pid_io(5): the system calls, the bytes they
// moved, and the bytes of these that were read from and written to disks.
var ioFields = [...]numberLine{
	{"syscr", opKey("proc_io_calls", "read"), "total", 1},
	{"syscw", opKey("proc_io_calls", "write"), "total", 1},
	{"rchar", opKey("proc_io_bytes", "read"), "total", 1},
	{"wchar", opKey("proc_io_bytes", "write"), "total", 1},
	{"read_bytes", opKey("proc_disk_bytes", "read"), "total", 1},
	{"write_bytes", opKey("proc_disk_bytes", "write"), "total", 1},
	{"cancelled_write_bytes", opKey("proc_disk_bytes", "cancelled_write"), "total", 1},
}

func opKey(measurement, op string) monkit.SeriesKey {
	return monkit.NewSeriesKey(measurement).WithTag("op", op)
}

// procFiles holds the names of the files of one process.
type procFiles struct{ stat, statm, io string }

var ownFiles = filesIn("/proc/self")

func filesIn(dir string) procFiles {
	return procFiles{stat: dir + "/stat", statm: dir + "/statm", io: dir + "/io"}
}

func procStats(cb emit) { ownFiles.stats(cb) }

func (f *procFiles) stats(cb emit) {
	var p page
	emitStat(p.read(f.stat), cb)
	emitWords(procStatmKey, statmFields[:], p.read(f.statm), cb)
	emitNumberLines(ioFields[:], p.read(f.io), cb)
}

// emitStat emits the fields of proc_pid_stat(5): process id, name of the
// command in parentheses, state, and statFields. The name may hold anything,
// even parentheses, so it ends at the last one.
func emitStat(text []byte, cb emit) {
	end := bytes.LastIndexByte(text, ')')
	if end < 0 {
		return
	}
	pid, _ := nextWord(text)
	if val, ok := decimal(pid); ok {
		cb(procStatKey, "Pid", val)
	}
	state, rest := nextWord(text[end+1:])
	if len(state) != 1 {
		return
	}
	cb(procStatKey, "State", float64(state[0]))
	emitWords(procStatKey, statFields[:], rest, cb)
}

// emitWords emits the numbers among the words of text. The first word is the
// first of fields, and so on; a field without a name is skipped.
func emitWords(key monkit.SeriesKey, fields []string, text []byte, cb emit) {
	for _, field := range fields {
		var word []byte
		word, text = nextWord(text)
		if val, ok := decimal(word); ok && field != "" {
			cb(key, field, val)
		}
	}
}
