package listen

import (
	"bytes"
	"io"
	"slices"

	"monkit.example/reporters/ledger"
)

// protocol is what a connection speaks, by its first bytes.
type protocol int

const (
	unknownProtocol protocol = iota // more bytes are needed
	linesProtocol                   // anything that is none of the others
	httpProtocol
	tlsProtocol
)

// protocolError ends a stream that speaks another protocol than that of its
// listener.
type protocolError struct {
	reason  ledger.Reason
	request []byte // of HTTP: method and path
}

// Error returns the reason.
func (e *protocolError) Error() string { return string(e.reason) }

// maxFirstLine is how much of the first line is enough to recognize it.
const maxFirstLine = 512

// protocolReader reads a stream. If that starts as HTTP or TLS does, nothing of
// it is returned, and Read fails with a protocolError: bodies of requests may look
// like lines, and headers have credentials.
type protocolReader struct {
	from  io.Reader
	read  func(n int) // is called with the number of bytes that were read
	known bool        // from has lines
	ended bool        // nothing more is read from from
	held  []byte      // was read from from and not returned
	err   error       // is returned after held
}

// Read reads as from does, except that the first bytes may be held back until
// they are a line. It goes on after an error of a deadline.
func (r *protocolReader) Read(p []byte) (int, error) {
	if !r.known {
		if err := r.recognize(p); err != nil {
			return 0, err
		}
	}
	if len(r.held) == 0 && r.err == nil && !r.ended {
		n, err := r.from.Read(p)
		r.read(n)
		return n, err
	}
	n := copy(p, r.held)
	if r.held = r.held[n:]; len(r.held) > 0 {
		return n, nil
	}
	err := r.err
	if r.held, r.err = nil, nil; r.ended {
		err = io.EOF
	}
	return n, err
}

// recognize reads, by way of p, until the protocol is known, and holds what it
// read.
func (r *protocolReader) recognize(p []byte) error {
	for !r.known {
		err := io.EOF
		if !r.ended {
			var n int
			n, err = r.from.Read(p[:min(len(p), maxFirstLine)])
			r.read(n)
			r.held = append(r.held, p[:n]...)
		}
		switch protocolOf(r.held, err != nil && !isTimeout(err)) {
		case httpProtocol:
			return &protocolError{ledger.HTTPOnLinePort, request(r.held)}
		case tlsProtocol:
			return &protocolError{reason: ledger.TLSOnPlainPort}
		case linesProtocol:
			r.known, r.err = true, err
		default:
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// protocolOf returns the protocol of a stream that starts with p. If no more
// will follow, or p is long enough, it is known.
func protocolOf(p []byte, last bool) protocol {
	last = last || len(p) >= maxFirstLine
	if is := tlsProtocolOf(p); is != linesProtocol && !last || is == tlsProtocol {
		return is
	}
	first := bytes.TrimLeft(p, "\r\n") // RFC 9112, section 2.2: servers ignore empty lines before a request
	if end := bytes.IndexByte(first, '\n'); end >= 0 {
		if isRequestLine(first[:end]) {
			return httpProtocol
		}
		return linesProtocol
	}
	switch {
	case last && isLongRequestLine(first):
		return httpProtocol
	case last || !maybeRequestLine(first):
		return linesProtocol
	}
	return unknownProtocol
}

// tlsProtocolOf recognizes a record of a TLS handshake (RFC 8446, section 5.1): its
// type is 22, and its version 3.0 to 3.4. No line starts with such bytes.
func tlsProtocolOf(p []byte) protocol {
	switch {
	case len(p) > 0 && p[0] != 0x16 || len(p) > 1 && p[1] != 3 || len(p) > 2 && p[2] > 4:
		return linesProtocol
	case len(p) < 3:
		return unknownProtocol
	}
	return tlsProtocol
}

// isRequestLine reports whether line is a request line of HTTP (RFC 9112, section
// 3), or the start of the preface of HTTP/2, which looks like one: a method, a
// target and a version. The target may have spaces, which careless clients send.
func isRequestLine(line []byte) bool {
	line = bytes.TrimRight(line, "\r\t ")
	method, rest, ok := bytes.Cut(line, space)
	at := bytes.LastIndexByte(rest, ' ')
	return ok && at > 0 && isToken(method) && isVersion(rest[at+1:])
}

// maybeRequestLine reports whether p can be the start of a request line.
func maybeRequestLine(p []byte) bool {
	method, rest, ok := bytes.Cut(p, space)
	switch {
	case len(p) == 0:
		return true
	case !isToken(method):
		return false
	case !ok || len(rest) == 0 || string(method) == "CONNECT":
		return true
	}
	return isTargetStart(rest[0])
}

// isTargetStart reports whether c can start a target: a path, the asterisk, or a
// URL. A value of Graphite starts with another character.
func isTargetStart(c byte) bool { return c == '/' || c == '*' || isLetter(c) }

// isLongRequestLine reports whether p is the start of a request line that is
// longer. So it needs a method that is known and a path or URL.
func isLongRequestLine(p []byte) bool {
	method, rest, _ := bytes.Cut(p, space)
	if !isKnownMethod(string(method)) {
		return false
	}
	return bytes.HasPrefix(rest, []byte("/")) || bytes.HasPrefix(rest, []byte("http://")) || bytes.HasPrefix(rest, []byte("https://"))
}

// methods are those of RFC 9110 and RFC 5789.
var methods = [...]string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}

func isKnownMethod(m string) bool { return slices.Contains(methods[:], m) }

// isMethodStart reports whether p, which is a few bytes, is the start of a request
// with a known method.
func isMethodStart(p []byte) bool {
	return slices.ContainsFunc(methods[:], func(m string) bool {
		return bytes.HasPrefix([]byte(m+" "), p) || bytes.HasPrefix(p, []byte(m+" "))
	})
}

// isToken reports whether p is a token of RFC 9110, section 5.6.2.
func isToken(p []byte) bool {
	for _, c := range p {
		if !isLetter(c) && !isDigit(c) && bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), c) < 0 {
			return false
		}
	}
	return len(p) > 0
}

// isVersion reports whether p is a version such as HTTP/1.1.
func isVersion(p []byte) bool {
	return len(p) == len("HTTP/1.1") && string(p[:5]) == "HTTP/" && isDigit(p[5]) && p[6] == '.' && isDigit(p[7])
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

var space = []byte{' '}

// request returns method and path of a request that p starts with. It leaves out all
// that may have a credential: the rest of the target after the path, a URL with its
// user, and the headers.
func request(p []byte) []byte {
	line, _, _ := bytes.Cut(bytes.TrimLeft(p, "\r\n"), newline)
	method, target, _ := bytes.Cut(bytes.TrimRight(line, "\r\t "), space)
	if len(target) == 0 || target[0] != '/' {
		return method[:min(len(method), maxExample)]
	}
	if end := bytes.IndexAny(target, " ?#;=&:@%"); end >= 0 {
		target = target[:end]
	}
	end := min(len(method)+1+len(target), maxExample)
	return bytes.TrimRight(line[:end], "\r\t ")
}
