package environment

import "monkit.example/monkit"

var (
	limitsKey    = monkit.NewSeriesKey("limits")
	limitsSource = &source{stats: limitsStats}
)

// Limits tells what the process may use at most, as getrlimit(2) has it: the
// soft limits, without those that do not limit.
func Limits() monkit.StatSource { return limitsSource }
