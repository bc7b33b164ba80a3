package endpoint

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// TakeGzip cuts the option gzip off the query of an http URL, so that the server
// does not get it, and returns its value. It returns byDefault if there is no
// such option, and for other transports. The URL of e is not changed.
func (e Endpoint) TakeGzip(byDefault bool) (Endpoint, bool, error) {
	if e.URL == nil || !strings.Contains(e.URL.RawQuery, "gzip") {
		return e, byDefault, nil
	}
	var rest, values []string
	for _, pair := range strings.Split(e.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name == "gzip" {
			values = append(values, value)
		} else {
			rest = append(rest, pair)
		}
	}
	if len(values) == 0 {
		return e, byDefault, nil
	}
	if len(values) > 1 {
		return e, false, errors.New("the option gzip stands there more than once; write it once")
	}
	u := new(url.URL)
	*u = *e.URL
	u.RawQuery = strings.Join(rest, "&")
	e.URL = u
	switch values[0] {
	case "on":
		return e, true, nil
	case "off":
		return e, false, nil
	}
	return e, false, fmt.Errorf("gzip=%s is not known; write gzip=on or gzip=off", values[0])
}
