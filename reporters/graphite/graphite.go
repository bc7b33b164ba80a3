package graphite

import (
	"fmt"
	"net/url"

	"monkit.example/reporters"
	"monkit.example/reporters/lines"
)

// Format is the name of the format.
const Format = "graphite"

// Options configure a reporter. The zero value is what [New] uses.
type Options struct {
	// Prefix goes before every path, such as "prod.web1". Empty means none.
	Prefix string
	// GlobalTags are added to every series, such as the host, unless it has the tag
	// itself. Without them or a Prefix, two processes that run one program write
	// the same series. Nil means none.
	GlobalTags map[string]string
	// Tagged writes series as measurement.field;tag=value, which Graphite
	// reads since version 1.1. False means that tags are parts of the path. The
	// option tagged=true or tagged=false of an address replaces it.
	Tagged bool
	// TagValues makes the value of each tag a part of the path, without its key, as
	// dashboards may have it that were made for such paths. Series whose tags differ
	// in their keys alone have one path then. It does nothing beside Tagged.
	TagValues bool
	// Totals says that the lines that are decoded are of programs that use this
	// library, so that the fields total, count, successes, errors, panics and
	// failures are counters. False means that only those of lines with the tag scope
	// are: in lines of other programs such a field may be a level that falls.
	Totals bool
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
	c := newCodec(o)
	return lines.New(addr, c, o.lines(c))
}

// Open is NewWith for callers that want the error of a wrong address. It
// connects to nothing yet.
func Open(addr string, o Options) (*reporters.Pusher, error) {
	c := newCodec(o)
	return lines.Open(addr, c, o.lines(c))
}

// MaxLine is the size limit of a line that is sent, in bytes with its line feed: that
// of a listener, 64 KiB, and what a time and plain numbers add to a received line.
const MaxLine = 80 << 10

func (o Options) lines(c *codec) lines.Options {
	set := func(from url.Values) error {
		set, err := o.WithAddress(from)
		c.namer = newNamer(set)
		return err
	}
	return lines.Options{Send: o.Send, Transport: "tcp", Port: "2003", MaxLine: MaxLine, Known: AddressOptions(), Set: set}
}

// AddressOptions returns the names of the options that the address of a destination
// may have after a "?", beside those of its transport.
func AddressOptions() []string { return []string{"tagged"} }

// WithAddress returns o with the options of an address, which replace those of o.
// The error says what to write.
func (o Options) WithAddress(from url.Values) (Options, error) {
	switch tagged := from.Get("tagged"); {
	case !from.Has("tagged"):
	case tagged == "true", tagged == "false":
		o.Tagged = tagged == "true"
	default:
		return o, fmt.Errorf("tagged=%s is not known; write tagged=true or tagged=false", tagged)
	}
	return o, nil
}

// codec is the encoder, with state, and the decoder, which has none.
type codec struct {
	encoder
	totals bool
}

// NewCodec returns the format in both directions. Decode may be called by
// several goroutines at a time.
func NewCodec(o Options) reporters.Codec { return newCodec(o) }

func newCodec(o Options) *codec { return &codec{newEncoder(o), o.Totals} }

// Name returns Format.
func (*codec) Name() string { return Format }

// Decode implements reporters.Decoder.
func (c *codec) Decode(b *reporters.Batch, p []byte) int {
	first := len(b.Points)
	n := decode(b, p)
	reporters.MarkCounters(b.Points[first:], c.totals)
	return n
}
