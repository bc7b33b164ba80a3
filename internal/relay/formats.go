package relay

import (
	"fmt"
	"io"
	"net/url"
	"slices"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/listen"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/influx"
	"monkit.example/reporters/otlp"
	"monkit.example/reporters/pickle"
	"monkit.example/reporters/statsd"
)

// format is what the relay knows about a line format. To add a format, add a
// row to formats.
type format struct {
	name string
	// reportsChanges is true if lines report changes instead of totals. Other
	// formats get them aggregated.
	reportsChanges bool
	// newDecoder returns the decoder of a listener with options of its address,
	// or an error that says which option is wrong. It is nil for a format that no
	// listener has.
	newDecoder func(o url.Values) (reporters.Decoder, error)
	// listenOptions are the options that newDecoder knows.
	listenOptions []string
	// newLines returns a reader of the lines in the stream r. It is nil for a
	// format that is lines; others have listeners of streams only.
	newLines func(r io.Reader) io.Reader
	// open returns the reporter of a destination.
	open func(addr string, o reporters.SendOptions) (*reporters.Pusher, error)
}

var formats = []format{
	{
		name:       graphite.Format,
		newDecoder: func(url.Values) (reporters.Decoder, error) { return graphite.NewCodec(graphite.Options{}), nil },
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return graphite.Open(addr, graphite.Options{Send: o})
		},
	},
	{
		name:       influx.Format,
		newDecoder: func(url.Values) (reporters.Decoder, error) { return influx.NewCodec(influx.Options{}), nil },
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return influx.Open(addr, influx.Options{Send: o})
		},
	},
	{
		name: statsd.Format, reportsChanges: true,
		newDecoder: newStatsdDecoder, listenOptions: []string{"dialect"},
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return statsd.Open(addr, statsd.Options{Send: o})
		},
	},
	{
		name:       pickle.Format,
		newDecoder: func(url.Values) (reporters.Decoder, error) { return graphite.NewCodec(graphite.Options{}), nil },
		newLines:   pickle.NewReader,
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return pickle.Open(addr, graphite.Options{Send: o})
		},
	},
	{
		name: otlp.Format,
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return otlp.Open(addr, otlp.Options{Send: o})
		},
	},
}

// newStatsdDecoder returns the decoder of a listener of StatsD lines, whose option
// dialect says what a gauge with a sign means.
func newStatsdDecoder(o url.Values) (reporters.Decoder, error) {
	options := statsd.Options{DialectChosen: o.Has("dialect")}
	switch dialect := o.Get("dialect"); {
	case dialect == "dogstatsd":
		options.Dialect = statsd.DogStatsD
	case options.DialectChosen && dialect != "statsd":
		return nil, fmt.Errorf("option dialect=%s is not known; write dialect=statsd or dialect=dogstatsd", dialect)
	}
	return statsd.NewCodec(options), nil
}

// parseListener parses a -listen address, which must have format, transport
// and port.
func parseListener(addr string) (endpoint.Endpoint, format, error) {
	hears := func(f format) bool { return f.newDecoder != nil }
	options := make(map[string][]string)
	for _, f := range formats {
		options[f.name] = f.listenOptions
	}
	ep, err := endpoint.Parse(addr, endpoint.Default{Formats: formatNames(hears), ServerSide: true, Transports: endpoint.Sockets(), Options: options})
	if err != nil {
		return ep, format{}, err
	}
	f := formatOf(ep.Format)
	if _, err := f.newDecoder(ep.Options); err != nil {
		return ep, f, fmt.Errorf("address %q: %w", ep, err)
	}
	if f.newLines != nil && (ep.Transport == endpoint.UDP || ep.Transport == endpoint.Unixgram) {
		return ep, f, fmt.Errorf("address %q: %s has no datagrams; write tcp, tls or unix", ep, f.name)
	}
	return ep, f, listen.Check(ep)
}

// openDestination opens the reporter of a -forward address, which must have
// format, transport and port.
func openDestination(addr string, o reporters.SendOptions) (*reporters.Pusher, format, error) {
	ep, err := endpoint.Parse(addr, endpoint.Default{Formats: formatNames(nil)})
	if err != nil {
		return nil, format{}, err
	}
	f := formatOf(ep.Format)
	p, err := f.open(addr, o)
	return p, f, err
}

// formatOf returns the format of a name, which parsing has checked.
func formatOf(name string) format {
	return formats[slices.IndexFunc(formats, func(f format) bool { return f.name == name })]
}

// formatNames returns the names of all formats, or of those that which chooses.
func formatNames(which func(f format) bool) []string {
	var names []string
	for _, f := range formats {
		if which == nil || which(f) {
			names = append(names, f.name)
		}
	}
	return names
}
