// Package walk measures what it costs to turn a registry of 35 000 samples into
// bytes: ours as Graphite lines, beside the two libraries a reader would
// compare it with. It has only benchmarks and tests; run them with
//
//	make bench
//
// BenchmarkRatio takes turns between all three in one run and holds our limit.
package walk
