package prometheus

import (
	"math"
	"mime"
	"strings"

	"monkit.example/internal/webpage"
	"monkit.example/reporters"
)

// Format is one of the two text formats. Both have the same samples: the server
// stores the same series, whichever it asked for.
type Format uint8

const (
	Text        Format = iota // Prometheus' text format, version 0.0.4
	OpenMetrics               // OpenMetrics text, version 1.0.0
	formats                   // how many there are
)

// String returns text or openmetrics.
func (f Format) String() string {
	if f == OpenMetrics {
		return "openmetrics"
	}
	return "text"
}

// ContentType returns the content type of a page in format f.
func (f Format) ContentType() string {
	if f == OpenMetrics {
		return "application/openmetrics-text; version=1.0.0; charset=utf-8"
	}
	return "text/plain; version=0.0.4; charset=utf-8"
}

// ParseFormat returns the format whose String is name.
func ParseFormat(name string) (f Format, ok bool) {
	switch name {
	case "text":
		return Text, true
	case "openmetrics":
		return OpenMetrics, true
	}
	return Text, false
}

// Negotiate returns the format that the Accept headers of a request prefer. It
// is OpenMetrics only if they name it with a higher quality than the other.
// Without a header, and if they accept neither, it is Text, which every client
// reads. Parameters such as escaping are ignored: names have only characters
// that every version allows.
func Negotiate(accept []string) Format {
	var text, open preference
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := webpage.Quality(params["q"])
		switch kind {
		case "text/plain":
			text.add(2, q)
		case "text/*":
			text.add(1, q)
		case "*/*":
			text.add(0, q)
			open.add(0, q)
		case "application/*":
			open.add(1, q)
		case "application/openmetrics-text":
			if knownVersion(params["version"]) {
				open.add(2, q)
			}
		}
	}
	if open.quality > text.quality {
		return OpenMetrics
	}
	return Text
}

// knownVersion reports whether a client that wants this version of OpenMetrics
// reads 1.0.0. Prometheus' servers ask for 0.0.1 as well, which is a draft of
// it.
func knownVersion(version string) bool {
	return version == "" || version == "0.0.1" || strings.HasPrefix(version, "1.")
}

// preference is the quality of a media type as the most specific range gives it
// that matches the type. Of equally specific ranges the highest counts.
type preference struct {
	specific int
	quality  float64
}

func (p *preference) add(specific int, quality float64) {
	if specific > p.specific || specific == p.specific && quality > p.quality {
		p.specific, p.quality = specific, quality
	}
}

// appendValue appends v as both formats write it.
func appendValue(dst []byte, v float64) []byte {
	switch {
	case reporters.Finite(v):
		return reporters.AppendFloat(dst, v)
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	case v > 0:
		return append(dst, "+Inf"...)
	}
	return append(dst, "-Inf"...)
}
