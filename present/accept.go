package present

import (
	"mime"
	"strconv"
	"strings"
)

// preference is the view that the Accept headers of a request ask for: html
// if they name it, and nothing they like more. A wildcard does not name it.
func preference(accept []string) string {
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

// viewOfType has the types that a page can be asked for by.
var viewOfType = map[string]string{
	"text/html":             "html",
	"application/xhtml+xml": "html",
	"text/plain":            "text",
	"application/json":      "json",
}

func quality(q string) float64 {
	if q == "" {
		return 1
	}
	val, err := strconv.ParseFloat(q, 64)
	if err != nil || val > 1 { // NaN and negative ones are never the most
		return 0
	}
	return val
}
