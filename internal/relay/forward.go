package relay

import (
	"fmt"

	"monkit.example/internal/endpoint"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/pickle"
)

// Forward is a destination that is open without a Relay, for lines that were
// received earlier.
type Forward struct {
	*reporters.Pusher
	// MaxDatagram is the size that suits the transport. Zero is a transport
	// without datagrams.
	MaxDatagram int
}

// OpenForward opens the destination of an address like those of Config.Forward.
// An error says, too, that it does not take lines that wait for a destination of
// another format; an empty format is any. It connects to nothing yet. It starts
// a goroutine, which Close joins.
func OpenForward(addr, format string, o reporters.SendOptions) (*Forward, error) {
	ep, err := parseForward(addr)
	if err != nil {
		return nil, err
	}
	if format != "" && linesOf(ep.Format) != linesOf(format) {
		return nil, fmt.Errorf("address %q: the lines are %s; write an address that begins with %s+", ep, linesOf(format), format)
	}
	p, err := formatOf(ep.Format).open(addr, o)
	if err != nil {
		return nil, err
	}
	return &Forward{p, maxDatagram[ep.Transport]}, nil
}

// maxDatagram has the sizes that are the default of reporters.SendOptions.
var maxDatagram = map[string]int{endpoint.UDP: 1432, endpoint.Unixgram: 8192}

// linesOf returns the format of the lines that wait for a destination of a
// format: pickle is made of Graphite lines when they are sent.
func linesOf(format string) string {
	if format == pickle.Format {
		return graphite.Format
	}
	return format
}
