package monkithttp

import (
	"context"
	"net/http"
	"strings"
	"sync"
)

// Route returns a handler that runs next, and gives the span of the Handler around
// it the route by which next served the request: the pattern of http.ServeMux.
// Where the mux itself is what is traced, no Route is needed. It is needed between
// the mux and any handler that passes on a copy of the request, such as middleware
// that calls Request.WithContext, or http.StripPrefix: the mux sets the pattern in
// that copy alone.
//
//	monkithttp.TraceHandler(authenticate(monkithttp.Route(mux)), mon)
//
// A mux below another one, which http.StripPrefix leads to, adds its pattern to that
// of the other: "GET /items/{id}" below "/api/" is "GET /api/items/{id}". A prefix
// that no pattern matched is not part of the route.
func Route(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if found := routeIn(r.Context()); found != nil {
			defer found.add(r) // also if next panics
		}
		next.ServeHTTP(w, r)
	})
}

// SetRoute sets the route of the span of the Handler that ctx comes from, for routers
// other than http.ServeMux. The route should be one of few, such as a pattern. It
// replaces what Route has found.
func SetRoute(ctx context.Context, pattern string) {
	if found := routeIn(ctx); found != nil {
		found.set(pattern)
	}
}

// route is the route of a request. The handlers that know it may run in a goroutine of
// their own, and longer than the span, as in http.TimeoutHandler.
type route struct {
	mu      sync.Mutex
	pattern string // guarded by mu; "" while there is none
	path    string // guarded by mu; of the request that pattern is for, "" if SetRoute set it
}

type routeKey struct{}

func routeIn(ctx context.Context) *route {
	found, _ := ctx.Value(routeKey{}).(*route)
	return found
}

// add adds the pattern of r, which has been served. Handlers further inside have added
// theirs before.
func (f *route) add(r *http.Request) { f.addPattern(r.Pattern, r.URL.Path) }

func (f *route) addPattern(pattern, path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case pattern == "":
	case f.pattern == "":
		f.pattern, f.path = bounded(pattern), path
	case f.path != "" && len(f.path) < len(path) && strings.HasSuffix(path, f.path):
		f.pattern, f.path = bounded(joinPatterns(pattern, f.pattern)), path
	}
}

func (f *route) set(pattern string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pattern, f.path = bounded(pattern), ""
}

func (f *route) get() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pattern
}

// joinPatterns returns the pattern of requests that match outer and, without the
// prefix that outer stands for, inner. It returns inner if outer is no prefix.
func joinPatterns(outer, inner string) string {
	outerMethod, outerHost, prefix := splitPattern(outer)
	method, host, path := splitPattern(inner)
	switch i := strings.LastIndexByte(prefix, '/'); {
	case i < 0:
		return inner
	case i == len(prefix)-1 || strings.HasSuffix(prefix, "...}"):
		prefix = prefix[:i]
	default:
		return inner
	}
	if method == "" {
		method = outerMethod
	}
	if host == "" {
		host = outerHost
	}
	return method + host + prefix + path
}

// splitPattern cuts a pattern of http.ServeMux in three. The method ends in a space if
// there is one.
func splitPattern(pattern string) (method, host, path string) {
	if i := strings.IndexAny(pattern, " \t"); i >= 0 {
		method, pattern = pattern[:i]+" ", strings.TrimLeft(pattern[i:], " \t")
	}
	i := max(strings.IndexByte(pattern, '/'), 0)
	return method, pattern[:i], pattern[i:]
}
