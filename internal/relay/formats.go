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

// listenAddress is a -listen address that was parsed.
type listenAddress struct {
	endpoint.Endpoint
	format  format
	decoder reporters.Decoder // of its lines
}

// isStream reports whether the listener has connections.
func (a listenAddress) isStream() bool {
	return a.Transport != endpoint.UDP && a.Transport != endpoint.Unixgram
}

// parseListener parses a -listen address, which must have format, transport
// and port.
func parseListener(addr string) (a listenAddress, err error) {
	d := endpoint.Default{ServerSide: true, Transports: endpoint.Sockets()}
	d.Formats = formatNames(func(f format) bool { return f.newDecoder != nil })
	d.Options = optionsOf(func(f format) []string { return f.listenOptions })
	if a.Endpoint, err = endpoint.Parse(addr, d); err != nil {
		return a, err
	}
	a.format = formatOf(a.Format)
	if a.decoder, err = a.format.newDecoder(a.Options); err != nil {
		return a, fmt.Errorf("address %q: %w", a.Endpoint, err)
	}
	if a.format.newLines != nil && !a.isStream() {
		return a, fmt.Errorf("address %q: %s has no datagrams; write tcp, tls or unix", a.Endpoint, a.format.name)
	}
	return a, listen.Check(a.Endpoint)
}

// parseForward parses a -forward address, which must have format, transport and
// port, without the checks of its format.
func parseForward(addr string) (endpoint.Endpoint, error) {
	options := optionsOf(func(f format) []string { return f.forwardOptions })
	return endpoint.Parse(addr, endpoint.Default{Formats: formatNames(nil), Options: options})
}

// optionsOf returns options of each format, by its name.
func optionsOf(of func(f format) []string) map[string][]string {
	options := make(map[string][]string)
	for _, f := range formats {
		options[f.name] = of(f)
	}
	return options
}

// maxConnsOf returns how many connections each of the listeners may have by
// default.
func maxConnsOf(listeners []listenAddress) int {
	streams := 0
	for _, a := range listeners {
		if a.isStream() {
			streams++
		}
	}
	return listen.DefaultMaxConns(streams)
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
