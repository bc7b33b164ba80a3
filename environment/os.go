package environment

import "monkit.example/monkit"

var (
	fdsKey   = monkit.NewSeriesKey("fds")
	osSource = &source{osStats, countsUp{"fds": nil}} // count falls, too
)

// OS tells how many files, or handles on Windows, the process has open.
func OS() monkit.StatSource { return osSource }

func osStats(cb emit) {
	if n, ok := openFiles(); ok {
		cb(fdsKey, "count", float64(n))
	}
}
