// Package encode measures the encoders of package reporters/influx,
// reporters/statsd and reporters/graphite beside those of other libraries, which
// write the same points. It has only benchmarks and tests; run them with
//
//	make bench
//
// A point is "known" if its series was encoded before, as in each walk of a
// collector but the first, and "new" at the first sight of its series.
package encode
