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

// format is all that the relay knows of a wire format. A new format is one
// more row of formats.
type format struct {
	name string
	port string // where its servers listen, if an address does not say
	// transports are those that its servers are reached by.
	transports []string
	// changes says that its lines tell what changed, not how things stand:
	// other formats get them aggregated.
	changes bool
	// newDecoder returns what reads its lines.
	newDecoder func() reporters.Decoder
	// open returns what writes its lines.
	open func(ep endpoint.Endpoint, o reporters.SendOptions) (*reporters.Pusher, error)
}

var formats = []format{
	{
		name: graphite.Format, port: "2003", transports: socketTransports,
		newDecoder: func() reporters.Decoder { return graphite.NewCodec(graphite.Options{}) },
		open: func(ep endpoint.Endpoint, o reporters.SendOptions) (*reporters.Pusher, error) {
			return graphite.Open(ep, graphite.Options{Send: o})
		},
	},
	{
		name: influx.Format, port: "8089", transports: append([]string{endpoint.HTTP, endpoint.HTTPS}, socketTransports...),
		newDecoder: func() reporters.Decoder { return influx.NewCodec(influx.Options{}) },
		open: func(ep endpoint.Endpoint, o reporters.SendOptions) (*reporters.Pusher, error) {
			return influx.Open(ep, influx.Options{Send: o})
		},
	},
	{
		name: statsd.Format, port: "8125", transports: socketTransports, changes: true,
		newDecoder: func() reporters.Decoder { return statsd.NewCodec(statsd.Options{}) },
		open: func(ep endpoint.Endpoint, o reporters.SendOptions) (*reporters.Pusher, error) {
			return statsd.Open(ep, statsd.Options{Send: o})
		},
	},
}

// socketTransports are all but http, and what a listener can be.
var socketTransports = []string{endpoint.UDP, endpoint.TCP, endpoint.TLS, endpoint.Unix, endpoint.Unixgram}

// parse reads a -listen or -forward address, which names its format.
func parse(addr string, isListener bool) (endpoint.Endpoint, format, error) {
	d := endpoint.Default{Formats: formatNames(), ServerSide: isListener}
	if isListener {
		d.Transports = socketTransports
	}
	ep, err := endpoint.Parse(addr, d)
	if ep.Format == "" && err != nil {
		return ep, format{}, err
	}
	f := formatOf(ep.Format)
	d.Port = f.port
	if !isListener {
		d.Transports = f.transports
	}
	if ep, err = endpoint.Parse(addr, d); err == nil && isListener {
		err = listen.Check(ep)
	}
	return ep, f, err
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
