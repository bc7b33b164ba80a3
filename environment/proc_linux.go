package environment

import (
	"bytes"

	"monkit.example/monkit"
)

// ioFields are those of proc_pid_io(5): what was asked of the kernel, and what
// of it went from and to disks.
var ioFields = [...]keyed{
	{"syscr", ioKey("proc_io_calls", "read"), "total", 1},
	{"syscw", ioKey("proc_io_calls", "write"), "total", 1},
	{"rchar", ioKey("proc_io_bytes", "read"), "total", 1},
	{"wchar", ioKey("proc_io_bytes", "write"), "total", 1},
	{"read_bytes", ioKey("proc_disk_bytes", "read"), "total", 1},
	{"write_bytes", ioKey("proc_disk_bytes", "write"), "total", 1},
	{"cancelled_write_bytes", ioKey("proc_disk_bytes", "cancelled_write"), "total", 1},
}

func ioKey(measurement, op string) monkit.SeriesKey {
	return monkit.NewSeriesKey(measurement).WithTag("op", op)
}

// statFields are the fields of proc_pid_stat(5) from the fourth on. Those
// without a name tell where things are in memory.
var statFields = [...]string{
	"Ppid", "Pgrp", "Session", "TtyNr", "Tpgid", "Flags", "Minflt", "Cminflt", "Majflt", "Cmajflt", "Utime", "Stime", "Cutime",
	"Cstime", "Priority", "Nice", "NumThreads", "Itrealvalue", "Starttime", "Vsize", "Rss", "Rsslim", "", "", "", "", "",
	"Signal", "Blocked", "Sigignore", "Sigcatch", "", "Nswap", "Cnswap", "ExitSignal", "Processor", "RtPriority", "Policy",
	"DelayAcctBlkioTicks", "GuestTime", "CguestTime",
}

var statmFields = [...]string{"Size", "Resident", "Share", "Text", "Lib", "Data", "Dt"}

// procFiles are those of one process.
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
	emitKeyed(ioFields[:], p.read(f.io), cb)
}

// emitStat takes what is behind the last parenthesis for the fields after the
// name of the command, since that may hold anything.
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

// emitWords tells the words of text by the names that the fields at their
// places have.
func emitWords(key monkit.SeriesKey, fields []string, text []byte, cb emit) {
	for _, field := range fields {
		var word []byte
		word, text = nextWord(text)
		if val, ok := decimal(word); ok && field != "" {
			cb(key, field, val)
		}
	}
}
