package present

import (
	"mime"
	"strings"

	"monkit.example/internal/webpage"
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
		if q := webpage.Quality(params["q"]); q > most {
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
