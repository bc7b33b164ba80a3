package present

import (
	"mime"
	"strconv"
	"strings"
)

// preferredView returns the name of the view that the Accept headers of a
// request prefer, or "" if they name none. A wildcard names none, so that
// programs that send */* get the text.
func preferredView(accept []string) string {
	var best string
	var most float64
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		name, ok := viewOfType[kind]
		if err != nil || !ok {
			continue
		}
		if q := quality(params["q"]); q > most {
			best, most = name, q
		}
	}
	return best
}

// viewOfType maps a media type to the name of the view that has it.
var viewOfType = map[string]string{
	"text/html":             "html",
	"application/xhtml+xml": "html",
	"text/plain":            "text",
	"application/json":      "json",
}

// quality parses the parameter q of a media type. Without one it is 1 (RFC
// 9110, section 12.4.2); an invalid one counts as 0.
func quality(q string) float64 {
	if q == "" {
		return 1
	}
	val, err := strconv.ParseFloat(q, 64)
	if err != nil || val > 1 { // NaN and negative values never exceed the most so far
		return 0
	}
	return val
}
