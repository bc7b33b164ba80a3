package present

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// pathOf returns the path below the mount point of the handler. Behind
// http.StripPrefix that is the path of the URL. In a subtree of a mux, pathOf
// removes the elements of the pattern.
func pathOf(r *http.Request) string {
	if _, err := find(r.URL.Path, nil, nil); err == nil {
		return r.URL.Path
	}
	if rest, ok := trimPattern(r.URL.Path, r.Pattern); ok {
		return rest
	}
	return r.URL.Path
}

// trimPattern returns p without the leading elements that the pattern of a mux
// matches. It returns false if p does not begin with them: then a handler
// before this one has removed them.
func trimPattern(p, pattern string) (rest string, ok bool) {
	_, elements, ok := strings.Cut(pattern, "/") // removes the method and the host
	for element := range strings.SplitSeq(elements, "/") {
		if !ok || element == "" || element == "{$}" || strings.HasSuffix(element, "...}") {
			break
		}
		head, tail, more := strings.Cut(strings.TrimPrefix(p, "/"), "/")
		if !matchesElement(head, element) {
			return "", false
		}
		if p = ""; more {
			p = "/" + tail
		}
	}
	return p, ok
}

// matchesElement reports whether one element of a pattern matches one element
// of a path.
func matchesElement(element, pattern string) bool {
	if strings.HasPrefix(pattern, "{") {
		return element != ""
	}
	literal, err := url.PathUnescape(pattern)
	return err == nil && element == literal
}

// redirectToSlash redirects a request for the mount point without a final
// slash to the path with one, because relative links do not work without it.
// It returns false if the slash is present.
func redirectToSlash(w http.ResponseWriter, r *http.Request) bool {
	requested, err := url.ParseRequestURI(r.RequestURI)
	if err != nil || requested.Host != "" || strings.HasSuffix(requested.Path, "/") {
		return false
	}
	// http.Redirect would make the target absolute, from a path that lacks the
	// prefix which a proxy or http.StripPrefix removed.
	to := "./" + path.Base(requested.EscapedPath()) + "/"
	if requested.RawQuery != "" {
		to += "?" + requested.RawQuery
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusMovedPermanently)
	return true
}
