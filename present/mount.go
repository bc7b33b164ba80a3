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
	if n := elements(r.Pattern); n > 0 {
		return skip(r.URL.Path, n)
	}
	return r.URL.Path
}

// elements is how many elements of a path the pattern of a mux takes, without
// a wildcard for the rest.
func elements(pattern string) int {
	i := strings.IndexByte(pattern, '/')
	if i < 0 {
		return 0
	}
	pattern = pattern[i:]
	if last := strings.LastIndexByte(pattern, '/'); strings.HasSuffix(pattern, "...}") {
		pattern = pattern[:last+1]
	}
	return strings.Count(strings.TrimSuffix(pattern, "/"), "/")
}

// skip leaves out the first n elements of a path.
func skip(path string, n int) string {
	for range n {
		path = strings.TrimPrefix(path, "/")
		i := strings.IndexByte(path, '/')
		if i < 0 {
			return ""
		}
		path = path[i:]
	}
	return path
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
