package environment

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"monkit.example/monkit"
)

// statAfterName is the text after the name of the command in a stat file: the
// state, and the fields 4 to 52 of proc_pid_stat(5), each holding its own number.
const statAfterName = "S 4 5 6 7 -1 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 18446744073709551615 26 27 28 29 30 31 32 33 34 35 36 37 38 39 " +
	"40 41 42 43 44 45 46 47 48 49 50 51 52\n"

// tree writes files into a new directory and returns its name.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func collect(stats func(emit)) map[string]float64 {
	return monkit.Collect(&source{stats: stats})
}

// wantSamples checks that got is want and nothing else.
func wantSamples(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for name, val := range want {
		if have, ok := got[name]; !ok || math.Abs(have-val) > 1e-9*math.Abs(val) {
			t.Errorf("%s is %v, %v; want %v", name, have, ok, val)
		}
	}
	for name, val := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is emitted with %v, and should not be", name, val)
		}
	}
}

// Fault 16 of monkit/v3: the series was missing for a command whose name has a
// space.
func TestProcStatOfAnyCommandName(t *testing.T) {
	for _, name := range []string{"sleep", "two words", "a) S 1 (b", "(", ")", "", "tmux: server", "a\nb"} {
		t.Run(name, func(t *testing.T) {
			files := filesIn(tree(t, map[string]string{"stat": "7 (" + name + ") " + statAfterName}))
			got := map[string]float64{}
			files.stats(func(_ monkit.SeriesKey, field string, val float64) { got[field] = val })
			wantSamples(t, got, map[string]float64{
				"Pid": 7, "State": 'S', "Ppid": 4, "Pgrp": 5, "Session": 6, "TtyNr": 7, "Tpgid": -1, "Flags": 9, "Minflt": 10, "Cminflt": 11,
				"Majflt": 12, "Cmajflt": 13, "Utime": 14, "Stime": 15, "Cutime": 16, "Cstime": 17, "Priority": 18, "Nice": 19,
				"NumThreads": 20, "Itrealvalue": 21, "Starttime": 22, "Vsize": 23, "Rss": 24, "Rsslim": 1 << 64, "Signal": 31, "Blocked": 32,
				"Sigignore": 33, "Sigcatch": 34, "Nswap": 36, "Cnswap": 37, "ExitSignal": 38, "Processor": 39, "RtPriority": 40,
				"Policy": 41, "DelayAcctBlkioTicks": 42, "GuestTime": 43, "CguestTime": 44,
			})
		})
	}
}

var wholeProc = map[string]string{
	"statm": "11 12 13 14 15 16 17\n",
	"io":    "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n",
}

func TestProcFilesBecomeSamples(t *testing.T) {
	files := filesIn(tree(t, wholeProc))
	wantSamples(t, collect(files.stats), map[string]float64{
		"proc_statm Size": 11, "proc_statm Resident": 12, "proc_statm Share": 13, "proc_statm Text": 14, "proc_statm Lib": 15,
		"proc_statm Data": 16, "proc_statm Dt": 17,
		"proc_io_calls,op=read total": 3, "proc_io_bytes,op=read total": 1, "proc_io_calls,op=write total": 4, "proc_io_bytes,op=write total": 2,
		"proc_disk_bytes,op=read total": 5, "proc_disk_bytes,op=write total": 6, "proc_disk_bytes,op=cancelled_write total": 7,
	})
}

func TestMalformedProcFilesEmitNothing(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
	}{
		{"missing", nil},
		{"empty", map[string]string{"stat": "", "statm": "", "io": ""}},
		{"blanks", map[string]string{"stat": " \n", "statm": "\n\n \t", "io": "\n"}},
		{"no numbers", map[string]string{"stat": "a b c", "statm": "nan inf 0x10 1e9 - ? +1", "io": "rchar: many\nwchar:\nsyscr 1 2\nsyscw:5"}},
		{"directories", map[string]string{"stat/x": "1", "statm/x": "1", "io/x": "1"}},
		{"no state", map[string]string{"stat": ") SS 4 5"}},
		{"too long a number", map[string]string{"statm": strings.Repeat("9", 400)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := filesIn(tree(t, tt.files))
			wantSamples(t, collect(files.stats), nil)
		})
	}
}

func TestTruncatedStatEmitsTheFieldsItHas(t *testing.T) {
	files := filesIn(tree(t, map[string]string{"stat": "7 (x) S 4 5 oops 7"}))
	wantSamples(t, collect(files.stats), map[string]float64{
		"proc_stat Pid": 7, "proc_stat State": 'S', "proc_stat Ppid": 4, "proc_stat Pgrp": 5, "proc_stat TtyNr": 7,
	})
}

func TestOpenFilesAreCounted(t *testing.T) {
	listed, ok := listOpenFiles()
	if !ok {
		t.Skip("/proc is not available")
	}
	if got, ok := openFiles(); !ok || got != listed {
		t.Errorf("%d files are open, %v; %d are listed", got, ok, listed)
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, count := range map[string]func() (int, bool){"open": openFiles, "listed": listOpenFiles} {
		if got, ok := count(); !ok || got != listed+1 {
			t.Errorf("%d files are %s with one more, %v; %d before", got, name, ok, listed)
		}
	}
}

// A program may walk for years. Each walk must close every file it opens, even
// if the content is odd.
func TestWalksLeaveNoFileOpen(t *testing.T) {
	odd := map[string]string{"stat/x": "a directory", "statm": "", "cpu.max": strings.Repeat("9", 10_000), "io.stat/x": "", "memory.stat": "\x00"}
	dir := tree(t, odd)
	files, group := filesIn(dir), newCgroup(place{dir, dir})
	walk := func() {
		for _, s := range sources() {
			collect(s.Stats)
		}
		collect(files.stats)
		collect(group.stats)
	}
	walk()
	before, err := countEntries("/proc/self/fd")
	if err != nil {
		t.Skip("/proc is not available:", err)
	}
	for range 20 {
		walk()
	}
	if after, err := countEntries("/proc/self/fd"); err != nil || after > before {
		t.Errorf("%d files are open after 20 walks, %v; %d before", after, err, before)
	}
}
