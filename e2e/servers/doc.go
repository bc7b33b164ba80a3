// Package servers starts real servers for tests: each is a process with a
// temporary directory and free ports of 127.0.0.1. It is ready when its function
// returns, and killed at the end of the test. If the test failed, the end of the
// server's log is shown. Start with [Graphite], [InfluxDB], [VictoriaMetrics],
// [StatsdExporter] or [Prometheus]: the returned value has the addresses to send to, and methods
// that query values. [EventuallyValue] waits for a value. A [Process] can be killed,
// suspended and started again.
//
// If a server is not installed, the test is skipped, or fails if the environment
// has CI=true. `make servers` installs them.
package servers
