package statsd

import (
	"monkit.example/reporters"
	"monkit.example/reporters/lines"
)

// Format is the name of the format.
const Format = "statsd"

// A Dialect says how servers read gauges with a sign, and how a decoder does.
type Dialect uint8

const (
	// Reference is that of the reference daemon, of statsd_exporter and of
	// Telegraf, also with tags: a gauge with a sign is added to the last value.
	// So a negative gauge is written as two lines, n:0|g and n:-5|g, in one
	// datagram. To a server that takes n:-5|g for -5, they mean the same.
	Reference Dialect = iota
	// DogStatsD is that of Datadog's agent: n:-5|g is -5, there are no deltas of
	// gauges, and tags are always written as tags.
	DogStatsD
)

// Options configure a reporter. The zero value is what [New] uses.
type Options struct {
	// Prefix goes before every name, such as "prod.web1". Empty means none.
	Prefix string
	// GlobalTags are added to every series, such as the host, unless it has the tag
	// itself. Without them or a Prefix, two processes that run one program write
	// the same series: a server adds up their counters and mixes up their gauges.
	// Nil means none.
	GlobalTags map[string]string
	// Tags writes tags as DogStatsD does, which most servers read today. False
	// means that tags are parts of the name, unless Dialect is DogStatsD.
	Tags bool
	// TagValues makes the value of each tag a part of the name, without its key, as
	// dashboards may have it that were made for such names. Series whose tags differ
	// in their keys alone have one name then. It does nothing beside Tags.
	TagValues bool
	// Dialect is what a gauge with a sign means to the server, or in the lines that
	// are decoded. Zero is Reference, whose negative gauges every server reads right.
	Dialect Dialect
	// DialectChosen says that the Dialect of the lines that are decoded is known.
	// Otherwise Decode counts a hint if they look like lines of DogStatsD and Dialect
	// is Reference.
	DialectChosen bool
	// Send configures queue and payloads.
	Send reporters.SendOptions
}

// New returns a reporter that sends to addr. If addr is wrong, each report
// returns the error, which a collector logs; use [Open] to get it at once. The
// reporter has a goroutine, which its Close joins. Closing a collector closes
// its reporters.
func New(addr string) *reporters.Pusher { return NewWith(addr, Options{}) }

// NewWith is New with options.
func NewWith(addr string, o Options) *reporters.Pusher {
	return lines.New(addr, NewCodec(o), o.lines())
}

// Open is NewWith for callers that want the error of a wrong address. It
// connects to nothing yet.
func Open(addr string, o Options) (*reporters.Pusher, error) {
	return lines.Open(addr, NewCodec(o), o.lines())
}

// MaxLine is the size limit of a line that is sent, in bytes with its line feed: what
// Datadog's agent reads of a datagram.
const MaxLine = 8192

// lines returns the options of the format. A delta that arrives twice counts
// twice, so lines that may have arrived are not sent again.
func (o Options) lines() lines.Options {
	return lines.Options{Send: o.Send, Transport: "udp", Port: "8125", AtMostOnce: true, MaxLine: MaxLine}
}

// codec is the encoder, with state, and the decoder, which has none.
type codec struct {
	encoder
	dialect Dialect
	chosen  bool
}

// NewCodec returns the format in both directions. Decode may be called by
// several goroutines at a time.
func NewCodec(o Options) reporters.Codec { return &codec{newEncoder(o), o.Dialect, o.DialectChosen} }

// Name returns Format.
func (*codec) Name() string { return Format }

// Decode implements reporters.Decoder.
func (c *codec) Decode(b *reporters.Batch, p []byte) int { return decode(b, p, c.dialect, c.chosen) }
