// Package servers runs the real servers that the project's lines end in, for
// tests: each a plain process in a temporary directory on free ports of
// 127.0.0.1, waited for, and killed when the test ends, its log shown if the
// test failed. Start with [Graphite], [InfluxDB], [VictoriaMetrics] or
// [StatsdExporter]; each returned value has the addresses to send to and
// methods that read back what arrived. [Eventually] waits for it.
//
// A server that is not installed skips the test with the reason, or fails it
// where the environment has CI=true. `make servers` installs them.
package servers
