// Package hot measures the cost of a call on the hot path: a run of a function, a
// counter, a distribution, a timer. It compares each call with the same call of
// monkit/v3, and a counter with that of VictoriaMetrics/metrics too. It has only
// benchmarks; run them with
//
//	make bench
//
// BenchmarkRatio runs the two calls of a pair in turn and checks the limit for
// monkit.
package hot
