package influx

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"monkit.example/reporters"
	"monkit.example/reporters/lines"
)

// Format is the name of the format.
const Format = "influx"

// Options configure a reporter. The zero value is what [New] uses.
type Options struct {
	// Database is for InfluxDB 1 and 3, if the address names none.
	Database string
	// Prefix goes before every measurement, as it is, such as "prod_". Empty means
	// none.
	Prefix string
	// GlobalTags are added to every series, such as the host, unless it has the tag
	// itself. Without them or a Prefix, two processes that run one program write
	// the same series. Nil means none.
	GlobalTags map[string]string
	// Token returns the token that authorizes a request. It is called for
	// each request, so that a token may change. White space around the token
	// is ignored; without a token the request is not sent, and tried again
	// later. Nil means user and password of the address, if it has them.
	Token func() string
	// TokenFile is a file with the token, which is read for each request and
	// need not exist yet. The option tokenfile of the address replaces it, and
	// both replace Token. Empty means none.
	TokenFile string
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
	return lines.New(addr, NewCodec(o), o.lines())
}

// Open is NewWith for callers that want the error of a wrong address. It
// connects to nothing yet.
func Open(addr string, o Options) (*reporters.Pusher, error) {
	return lines.Open(addr, NewCodec(o), o.lines())
}

// MaxLine is the size limit of a line that is sent, in bytes with its line feed: that
// of a listener, 64 KiB, and what a time and plain numbers add to a received line.
const MaxLine = 80 << 10

func (o Options) lines() lines.Options {
	var a api // of the address, once URL was called
	h := &lines.HTTP{Port: "8086", Gzip: true, TokenFile: o.TokenFile}
	h.TokenScheme = func() string { return a.auth }
	h.URL = func(u *url.URL) (err error) {
		a, err = complete(u, o.Database)
		return err
	}
	if o.Token != nil {
		h.Authorize = func(h http.Header) error {
			token := strings.TrimSpace(o.Token())
			if token == "" {
				return errors.New("influx: Options.Token returned no token")
			}
			h.Set("Authorization", a.auth+" "+token)
			return nil
		}
	}
	return lines.Options{Send: o.Send, Transport: "http", MaxLine: MaxLine, HTTP: h}
}

// codec is the encoder, with state, and the decoder, which has none.
type codec struct {
	*encoder
	totals bool
}

// NewCodec returns the format in both directions. Decode may be called by
// several goroutines at a time.
func NewCodec(o Options) reporters.Codec { return &codec{newEncoder(o), o.Totals} }

// Name returns Format.
func (*codec) Name() string { return Format }

// Decode implements reporters.Decoder.
func (c *codec) Decode(b *reporters.Batch, p []byte) int {
	return decode(b, p, time.Nanosecond, c.totals)
}
