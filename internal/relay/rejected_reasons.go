package relay

import "monkit.example/reporters/ledger"

// explanations are the errors of lines whose reason says all that is known.
var explanations = map[ledger.Reason]string{
	ledger.TooLong:       "the line is longer than the listener reads",
	ledger.Truncated:     "the line has no line feed: its connection ended in it, or its datagram was too large",
	ledger.RingFull:      "lines arrived faster than they were decoded",
	ledger.BuffersFull:   "connections of the listener, mostly of this host, hold too many unfinished lines or frames; end them, or use fewer connections",
	ledger.Rejected:      "the server rejected the line",
	ledger.Oversize:      "the line is longer than the destination's payload or datagram may be",
	ledger.Unsupported:   "the destination's format has no such line",
	ledger.NotFinite:     "the value is NaN or infinite",
	ledger.NameCollision: "the name is, as the destination's format writes it, that of another series",
	ledger.NameTooLong:   "the name is longer than is kept",
	ledger.SeriesLimit:   "there are as many series as there may be",
	ledger.TooOld:        "the time is before what is kept",
	ledger.TooNew:        "the time is too far ahead of the clock",

	"http_on_line_port": "an HTTP client is connected to a port for lines; point it to an address of HTTP",
	"tls_on_plain_port": "a TLS client is connected to a port without TLS; listen with tls, or turn TLS off in the client",
}

// aboutLines are the reasons for which a destination does not get a line because of
// what it is, in contrast to when it came.
var aboutLines = []ledger.Reason{
	ledger.Rejected, ledger.Oversize, ledger.Unsupported, ledger.NotFinite, ledger.NameCollision, ledger.NameTooLong,
	ledger.SeriesLimit, ledger.TooOld, ledger.TooNew, ledger.Malformed,
}
