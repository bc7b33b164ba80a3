// Package walk measures the cost of turning a registry of 35 000 samples into
// bytes: with monkit, as Graphite lines and as a page for Prometheus, and with the
// two libraries that a reader would compare it with. It has only benchmarks and tests; run them with
//
//	make bench
//
// BenchmarkRatio runs them in turn and checks the limit for monkit. BenchmarkFlush
// measures the processor time of sending a registry over TCP, with the server that
// reads it, beside that of formatting as many counters with VictoriaMetrics/metrics.
// BenchmarkFirst measures the first flush of up to a million series, and checks what
// it takes of processor time and memory a series.
package walk
