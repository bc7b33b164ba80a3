// Package hot measures what a call on the hot path costs: a run of a function,
// a counter, a distribution, a timer, beside the same call of monkit/v3 and,
// where there is one, of VictoriaMetrics/metrics. It has only benchmarks and
// tests; run them with
//
//	make bench
//
// BenchmarkRatio takes turns between the two of each pair in one run and holds
// our limits.
package hot
