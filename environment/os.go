package environment

import (
	"errors"
	"io"
	"os"
	"runtime"

	"monkit.example/monkit"
)

var (
	fdsKey   = monkit.NewSeriesKey("fds")
	osSource = &source{osStats, counters{"fds": nil}} // count also falls

	// openFiles returns how many files the process has open. The init function
	// of a platform may replace it.
	openFiles = listOpenFiles
)

// OS returns the source of how many files, or handles on Windows, the process
// has open.
func OS() monkit.StatSource { return osSource }

func osStats(cb emit) {
	if n, ok := openFiles(); ok {
		cb(fdsKey, "count", float64(n))
	}
}

// fdDirs are the directories in which a process finds an entry for each of its
// open files. Other systems list only the first three files there, need a mount
// that is seldom present, or have no such directory.
var fdDirs = map[string]string{
	"linux":   "/proc/self/fd",
	"android": "/proc/self/fd",
	"darwin":  "/dev/fd",
	"ios":     "/dev/fd",
	"solaris": "/proc/self/fd",
	"illumos": "/proc/self/fd",
	"netbsd":  "/proc/self/fd",
}

func listOpenFiles() (int, bool) {
	dir, ok := fdDirs[runtime.GOOS]
	if !ok {
		return 0, false
	}
	n, err := countEntries(dir)
	// dir itself was open while it was read.
	return n - 1, err == nil
}

// countEntries reads a directory in steps, since a process may have very many
// files open.
func countEntries(name string) (int, error) {
	dir, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	for total := 0; ; {
		names, err := dir.Readdirnames(256)
		total += len(names)
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
