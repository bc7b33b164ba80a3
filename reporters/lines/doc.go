// Package lines makes a reporter of any line format: of an encoder that writes
// points as lines, and of an address. What it adds is the same for every format:
// how addresses are written, payloads that suit the transport, a queue bounded
// in bytes and age, retries with the same bytes, and a ledger of every line.
// The formats graphite, influx and statsd are made with it.
//
//	lines.New("tcp://collector.example:4000", myFormat{}, lines.Options{})
//
// An address is [TRANSPORT://]HOST[:PORT], or TRANSPORT:///PATH for a socket,
// with the transports udp, tcp, tls, unix and unixgram; http and https, with
// an URL, if [Options.HTTP] is set. The transport may be left out if
// [Options.Transport] is set, the port if [Options.Port] is.
package lines
