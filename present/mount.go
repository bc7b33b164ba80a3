package present

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// pathOf returns the path below where the handler is mounted. Behind
// http.StripPrefix that is the URL's path. In a subtree of a mux, the pattern
// tells what to leave out.
func pathOf(r *http.Request) string {
	if _, err := find(r.URL.Path, nil, ""); err == nil {
		return r.URL.Path
	}
	if rest, ok := below(r.URL.Path, r.Pattern); ok {
		return rest
	}
	return r.URL.Path
}

// below returns what p has behind the elements that the pattern of a mux
// takes. It is false if p does not begin with those: they were cut off before.
func below(p, pattern string) (rest string, ok bool) {
	_, elements, ok := strings.Cut(pattern, "/") // before it are method and host
	for element := range strings.SplitSeq(elements, "/") {
		if !ok || element == "" || element == "{$}" || strings.HasSuffix(element, "...}") {
			break
		}
		head, tail, more := strings.Cut(strings.TrimPrefix(p, "/"), "/")
		if !fits(head, element) {
			return "", false
		}
		if p = ""; more {
			p = "/" + tail
		}
	}
	return p, ok
}

// fits reports whether an element of a path is that of a pattern.
func fits(element, pattern string) bool {
	if strings.HasPrefix(pattern, "{") {
		return element != ""
	}
	literal, err := url.PathUnescape(pattern)
	return err == nil && element == literal
}

// redirectToSlash sends those who ask for the mount point without a slash at
// the end to the one with it: relative links lead astray otherwise. It is
// false if the slash is there.
func redirectToSlash(w http.ResponseWriter, r *http.Request) bool {
	asked, err := url.ParseRequestURI(r.RequestURI)
	if err != nil || asked.Host != "" || strings.HasSuffix(asked.Path, "/") {
		return false
	}
	// Not http.Redirect: that makes the target absolute by a path which a
	// prefix was cut from.
	to := "./" + path.Base(asked.EscapedPath()) + "/"
	if asked.RawQuery != "" {
		to += "?" + asked.RawQuery
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusMovedPermanently)
	return true
}
