// Package e2e tests the project against the servers that users have. It has
// only tests: a program outside the module pushes every kind of metric, directly
// and through monkit-relay, to carbon, InfluxDB, VictoriaMetrics and
// statsd_exporter, or is scraped by Prometheus, and the tests query these for the
// values. Servers, relays and disks also fail here: they are killed, stopped and
// full while lines arrive. Run it with
//
//	make e2e
//
// Package servers starts the servers; names_test.go has the name of each series
// in each server.
package e2e
