package environment

import "monkit.example/monkit"

var (
	rusageKey    = monkit.NewSeriesKey("rusage")
	rusageSource = &source{rusageStats}
)

// Rusage tells what getrusage(2) counts for the process.
func Rusage() monkit.StatSource { return rusageSource }
