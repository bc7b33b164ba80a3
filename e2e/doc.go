// Package e2e proves the project against the servers that its users have. It
// has only tests: a program outside the module pushes every kind of metric,
// by itself and through monkit-relay, into carbon, InfluxDB, VictoriaMetrics
// and statsd_exporter, and what these show is compared. Run it with
//
//	make e2e
//
// The servers are started by package servers; what a series is called in each
// is written down in names_test.go.
package e2e
