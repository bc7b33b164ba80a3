package send

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
)

// gzipUse decides by the responses of a server whether bodies are compressed. The
// goroutine that delivers owns all fields but refusals.
type gzipUse struct {
	on bool
	// cleared means that the server rejected a payload in the same way whether
	// it was compressed or not, and has accepted no compressed one since.
	cleared  bool
	refusals atomic.Int64 // responses to compressed bodies after which payloads were sent plain
}

// A suspicion is how likely it is that a response is due to the compression.
type suspicion uint8

const (
	unlikely suspicion = iota
	likely             // the server speaks of encodings
	certain            // the server says what it takes
)

// judge returns how likely it is that the server responded with x because the body
// was compressed.
func (g *gzipUse) judge(x *exchange) suspicion {
	if !x.gzipped {
		return unlikely
	}
	accepted, listed := x.header["Accept-Encoding"]
	switch {
	case listed && !listsGzip(accepted):
		return certain
	case x.status == http.StatusUnsupportedMediaType && !listed:
		return certain
	case x.status < 500 && x.settlesNothing() && x.speaksOfEncoding && !g.cleared:
		return likely
	}
	return unlikely
}

// compare learns from the response to the same payload without compression.
func (g *gzipUse) compare(s suspicion, plain *exchange) {
	switch {
	case s == certain:
		g.refuse()
	case !plain.isAboutLines(): // nothing is known
	case plain.settlesNothing() && plain.speaksOfEncoding:
		g.cleared = true
	default:
		g.refuse()
	}
}

func (g *gzipUse) refuse() {
	g.on = false
	g.refusals.Add(1)
}

var encodingWords = regexp.MustCompile(`encod|gzip|compress|utf-?8`)

// speaksOfEncoding reports whether the server may have been unable to read a
// compressed body. Some servers read it as text, and quote its first byte.
func (a *answer) speaksOfEncoding() bool {
	return encodingWords.MatchString(a.words) || strings.Contains(a.text, "\x1f") || strings.Contains(a.text, `\u001f`)
}

// listsGzip reports whether the values of a header Accept-Encoding allow gzip.
func listsGzip(values []string) bool {
	others := false // whether "*" allows it
	for value := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, param, _ := strings.Cut(value, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			return !isZeroWeight(param)
		case "*":
			others = !isZeroWeight(param)
		}
	}
	return others
}

// isZeroWeight reports whether param is "q=0", which means "not this one".
func isZeroWeight(param string) bool {
	name, value, found := strings.Cut(param, "=")
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return found && strings.ToLower(strings.TrimSpace(name)) == "q" && err == nil && weight == 0
}
