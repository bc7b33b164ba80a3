package lines

import (
	"net/http"
	"net/url"

	"monkit.example/internal/endpoint"
	"monkit.example/reporters"
)

// Options say what a format knows about its destinations. The zero value is a
// format that is sent over any transport but http, to addresses that name
// transport and port.
type Options struct {
	// Send has what the user of the format chose.
	Send reporters.SendOptions

	// Transport is that of addresses without one, such as "tcp". Empty means
	// that each address must have one.
	Transport string
	// Port is that of addresses without one. Empty means that each address
	// must have one.
	Port string
	// AtMostOnce drops lines that may have arrived, as ledger.Ambiguous,
	// instead of sending them again: right for deltas, which would count twice.
	AtMostOnce bool

	// Known are the names of the options that addresses of the format may have
	// after a "?", beside those of the transport. Nil means none.
	Known []string
	// Set is called with those of Known that the address has, before the encoder is
	// used. The error should say what to write instead. Nil ignores them.
	Set func(o url.Values) error
	// MaxLine is the size limit of a line in bytes, with its line feed. A line that is
	// larger than a payload is sent in a payload, or datagram, of its own. A longer one is
	// split, if the encoder is a reporters.LineSplitter, or dropped as ledger.Oversize.
	// Zero means 8000, or the size of a payload if that is less. It is never more than a
	// datagram can be, or than Send.MaxPayload if that is set.
	MaxLine int

	// HTTP says how lines are posted to http and https addresses. Nil means
	// that such addresses are errors.
	HTTP *HTTP
}

// HTTP says how lines are posted. The zero value works.
type HTTP struct {
	// Port is that of addresses that are a host alone, where Options.Transport
	// is "http". Empty means 80.
	Port string
	// URL checks the address's URL, and may change it, once. Nil means that
	// every URL is right. The error should say what to write instead.
	URL func(u *url.URL) error
	// ContentType is the header of that name. Empty means text/plain.
	ContentType string
	// Gzip compresses bodies of more than 1 KiB, unless the server has
	// responded that it does not take gzip. The option gzip=on or gzip=off in
	// the query of an address replaces it; the server does not get that option.
	Gzip bool
	// Header changes the header of each request. Nil changes nothing.
	Header func(h http.Header)
	// Authorize adds credentials to the header of each request, such as a token
	// that changes. If it returns an error, the request is not sent, and its
	// lines are sent later. Nil adds nothing.
	Authorize func(h http.Header) error
	// TokenFile is a file with a token, which is read for each request and
	// replaces Authorize. The option tokenfile of an address replaces it. Empty
	// means none.
	TokenFile string
	// TokenScheme returns the scheme of the token in the header Authorization.
	// It is called after URL. Nil means Bearer.
	TokenScheme func() string
}

// grammar returns what addresses of format may be and leave out.
func (o Options) grammar(format string) endpoint.Default {
	d := endpoint.Default{
		Format: format, Formats: []string{format},
		Transport: o.Transport, Port: o.Port, Transports: endpoint.Sockets(),
		Options: map[string][]string{format: o.Known},
	}
	if o.HTTP != nil {
		d.HTTPPort = o.HTTP.Port
		d.Transports = append(d.Transports, endpoint.HTTP, endpoint.HTTPS)
	}
	return d
}
