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
	// forwardOptions are the options that open knows, beside those of the transport.
	forwardOptions []string
	// newLines returns listen.Options.Lines of a listener. It is nil for a format
	// that is lines; others have listeners of streams only.
	newLines func() func(r io.Reader, grow listen.Grow) io.Reader
	// maxLine is how many bytes a line of a stream may have. A line of a datagram
	// may be as long as that.
	maxLine int
	// open returns the reporter of a destination.
	open func(addr string, o reporters.SendOptions) (*reporters.Pusher, error)
}

const (
	// maxTextLine is enough for the longest series key of InfluxDB, and less than
	// a megabyte for a connection.
	maxTextLine = 64 << 10
	// maxStatsDLine is the most that an agent of DogStatsD reads at once.
	maxStatsDLine = 8 << 10
)

var formats = []format{
	{
		name: graphite.Format, maxLine: maxTextLine,
		newDecoder:    newGraphiteDecoder,
		listenOptions: []string{"totals"},
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return graphite.Open(addr, graphite.Options{Send: o})
		},
		forwardOptions: graphite.AddressOptions(),
	},
	{
		name: influx.Format, maxLine: maxTextLine,
		newDecoder:    newInfluxDecoder,
		listenOptions: []string{"precision", "totals"},
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return influx.Open(addr, influx.Options{Send: o})
		},
	},
	{
		name: statsd.Format, maxLine: maxStatsDLine, reportsChanges: true,
		newDecoder: newStatsdDecoder, listenOptions: []string{"dialect"},
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return statsd.Open(addr, statsd.Options{Send: o})
		},
	},
	{
		name: pickle.Format, maxLine: maxTextLine,
		newDecoder:    newGraphiteDecoder,
		listenOptions: []string{"totals"},
		newLines:      newPickleLines,
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return pickle.Open(addr, graphite.Options{Send: o})
		},
		forwardOptions: graphite.AddressOptions(),
	},
	{
		name: otlp.Format,
		open: func(addr string, o reporters.SendOptions) (*reporters.Pusher, error) {
			return otlp.Open(addr, otlp.Options{Send: o})
		},
	},
}

// newPickleLines returns what makes lines of the frames of one listener.
func newPickleLines() func(r io.Reader, grow listen.Grow) io.Reader {
	all := pickle.NewReaders()
	return func(r io.Reader, grow listen.Grow) io.Reader { return all.NewReader(r, grow) }
}

// newInfluxDecoder returns the decoder of a listener of Influx lines, whose times
// have the unit of the option precision, which is nanoseconds if there is none.
func newInfluxDecoder(o url.Values) (reporters.Decoder, error) {
	totals, err := totalsOf(o)
	d := influx.DecoderOptions{Totals: totals}
	if err == nil && o.Has("precision") {
		d.Precision, err = influx.ParsePrecision(o.Get("precision"))
	}
	return influx.NewDecoder(d), err
}

// newGraphiteDecoder returns the decoder of a listener of Graphite lines.
func newGraphiteDecoder(o url.Values) (reporters.Decoder, error) {
	totals, err := totalsOf(o)
	return graphite.NewCodec(graphite.Options{Totals: totals}), err
}

// totalsOf returns the option totals of a listener: whether fields are counters by
// their names.
func totalsOf(o url.Values) (bool, error) {
	switch totals := o.Get("totals"); {
	case !o.Has("totals"), totals == "false":
		return false, nil
	case totals == "true":
		return true, nil
	default:
		return false, fmt.Errorf("totals=%s is not known; write totals=true or totals=false", totals)
	}
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

// parseForward parses a -forward address, without the checks of its format.
func parseForward(addr string) (endpoint.Endpoint, error) {
	options := make(map[string][]string)
	for _, f := range formats {
		options[f.name] = f.forwardOptions
	}
	return endpoint.Parse(addr, endpoint.Default{Formats: formatNames(nil), Options: options})
}

// maxConnsOf returns how many connections each of the listeners may have by
// default.
func maxConnsOf(addrs []string) int {
	streams := 0
	for _, addr := range addrs {
		if ep, _, err := parseListener(addr); err == nil && ep.Transport != endpoint.UDP && ep.Transport != endpoint.Unixgram {
			streams++
		}
	}
	return listen.DefaultMaxConns(streams)
}

// openDestination opens the reporter of a -forward address, which must have
// format, transport and port.
func openDestination(addr string, o reporters.SendOptions) (*reporters.Pusher, format, error) {
	ep, err := parseForward(addr)
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
