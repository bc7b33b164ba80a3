package relay

import (
	"slices"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/listen"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/influx"
	"monkit.example/reporters/statsd"
)

// format is what the relay knows about a line format. To add a format, add a
// row to formats.
type format struct {
	name string
	// reportsChanges is true if lines report what changed and not how things
	// are: other formats get them aggregated.
	reportsChanges bool
	// newDecoder returns the decoder of a listener.
	newDecoder func() reporters.Decoder
	// open returns the reporter of a destination.
	open func(addr string, o reporters.SendOptions) (*reporters.Pusher, error)
}

var formats = []format{
	{
		name:       graphite.Format,
		newDecoder: func() reporters.Decoder { return graphite.NewCodec(graphite.Options{}) },
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return graphite.Open(addr, graphite.Options{Send: o})
		},
	},
	{
		name:       influx.Format,
		newDecoder: func() reporters.Decoder { return influx.NewCodec(influx.Options{}) },
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return influx.Open(addr, influx.Options{Send: o})
		},
	},
	{
		name: statsd.Format, reportsChanges: true,
		newDecoder: func() reporters.Decoder { return statsd.NewCodec(statsd.Options{}) },
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return statsd.Open(addr, statsd.Options{Send: o})
		},
	},
}

// parseListener parses a -listen address, which must have format, transport
// and port.
func parseListener(addr string) (endpoint.Endpoint, format, error) {
	ep, err := endpoint.Parse(addr, endpoint.Default{Formats: formatNames(), ServerSide: true, Transports: endpoint.Sockets()})
	if err != nil {
		return ep, format{}, err
	}
	return ep, formatOf(ep.Format), listen.Check(ep)
}

// openDestination opens the reporter of a -forward address, which must have
// format, transport and port.
func openDestination(addr string, o reporters.SendOptions) (*reporters.Pusher, format, error) {
	ep, err := endpoint.Parse(addr, endpoint.Default{Formats: formatNames()})
	if err != nil {
		return nil, format{}, err
	}
	f := formatOf(ep.Format)
	p, err := f.open(addr, o)
	return p, f, err
}

// formatOf returns the format of a name that parsing has allowed.
func formatOf(name string) format {
	return formats[slices.IndexFunc(formats, func(f format) bool { return f.name == name })]
}

func formatNames() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}
