package environment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/procfs"

	"monkit.example/monkit"
)

// What follows the command name in a stat file: state, then fields 4 to 52 of
// proc_pid_stat(5) holding their own numbers.
func statAfterName() string {
	var b strings.Builder
	b.WriteString("S")
	for _, n := range []string{"4", "5", "6", "7", "-1", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23",
		"24", "18446744073709551615", "26", "27", "28", "29", "30", "31", "32", "33", "34", "35", "36", "37", "38", "39", "40", "41", "42", "43",
		"44", "45", "46", "47", "48", "49", "50", "51", "52"} {
		b.WriteString(" " + n)
	}
	return b.String() + "\n"
}

func fakeProcess(t *testing.T, stat, statm string) procfs.Proc {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "7")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"stat": stat, "statm": statm} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fs, err := procfs.NewFS(root)
	if err != nil {
		t.Fatal(err)
	}
	proc, err := fs.Proc(7)
	if err != nil {
		t.Fatal(err)
	}
	return proc
}

// Fault 16 of the library this one succeeds: the series vanished for a
// command name with a space.
func TestProcStatOfAnyCommandName(t *testing.T) {
	for _, name := range []string{"sleep", "two words", "a) S 1 (b", "(", ")", "", "tmux: server", "a\nb"} {
		t.Run(name, func(t *testing.T) {
			proc := fakeProcess(t, "7 ("+name+") "+statAfterName(), "1 2 3 4 5 6 7\n")
			got := monkit.Collect(monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) { statsOf(proc, cb) }))
			for field, want := range map[string]float64{
				"Pid": 7, "State": 'S', "Ppid": 4, "Pgrp": 5, "Session": 6, "TtyNr": 7, "Tpgid": -1, "Flags": 9, "Minflt": 10, "Cminflt": 11,
				"Majflt": 12, "Cmajflt": 13, "Utime": 14, "Stime": 15, "Cutime": 16, "Cstime": 17, "Priority": 18, "Nice": 19,
				"NumThreads": 20, "Starttime": 22, "Vsize": 23, "Rss": 24, "Rsslim": 1 << 64, "Processor": 39, "RtPriority": 40,
				"Policy": 41, "DelayAcctBlkioTicks": 42, "GuestTime": 43, "CguestTime": 44,
			} {
				if val, ok := got["proc_stat "+field]; !ok || val != want {
					t.Errorf("%s is %v, %v; want %v", field, val, ok, want)
				}
			}
		})
	}
}

func TestProcStatm(t *testing.T) {
	proc := fakeProcess(t, "", "11 12 13 14 15 16 17\n")
	got := monkit.Collect(monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) { statsOf(proc, cb) }))
	want := map[string]float64{"Size": 11, "Resident": 12, "Share": 13, "Text": 14, "Lib": 15, "Data": 16, "Dt": 17}
	if len(got) != len(want) {
		t.Errorf("got %v; an empty stat file has nothing to tell", got)
	}
	for field, val := range want {
		if got["proc_statm "+field] != val {
			t.Errorf("%s is %v, want %v", field, got["proc_statm "+field], val)
		}
	}
}

func TestOpenFilesFollowsTheProcess(t *testing.T) {
	before, ok := openFiles()
	if !ok || before == 0 {
		t.Fatalf("got %d, %v", before, ok)
	}
	const more = 10
	for range more {
		file, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
	}
	if after, _ := openFiles(); after != before+more {
		t.Errorf("%d open files after opening %d, %d before", after, more, before)
	}
}
