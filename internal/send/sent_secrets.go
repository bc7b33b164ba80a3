package send

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"monkit.example/internal/endpoint"
)

// sentSecrets has the credentials of the newest request, so that they are not shown
// where the server quotes them without the name by which they would be known. A nil
// one has none. Its methods may be called from any goroutine.
type sentSecrets struct {
	mu    sync.Mutex
	words []string // guarded by mu; the longest first, not changed after it is set
}

// remember replaces the credentials by those of req: its user and password, and the
// values of headers and of parameters with such names.
func (s *sentSecrets) remember(req *http.Request) {
	var words []string
	for name, values := range req.Header {
		if endpoint.IsSecret(name) {
			for _, v := range values {
				words = append(words, v)
				words = append(words, strings.Fields(v)...) // the first may be a scheme
			}
		}
	}
	if user, password, ok := req.BasicAuth(); ok {
		words = append(words, user, password)
	}
	if query := req.URL.RawQuery; query != "" {
		for name, values := range req.URL.Query() {
			if endpoint.IsSecret(name) {
				words = append(words, values...)
			}
		}
	}
	for _, w := range words { // as servers write them in addresses
		words = append(words, url.QueryEscape(w), url.PathEscape(w))
	}
	words = slices.DeleteFunc(words, isScheme)
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	words = slices.Compact(words)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.words = words
}

// isScheme reports whether a word names a way to authenticate, and is no credential.
func isScheme(word string) bool {
	return slices.Contains([]string{"basic", "bearer", "token", "apikey", "digest", "negotiate"}, strings.ToLower(word))
}

// mask returns text without the credentials.
func (s *sentSecrets) mask(text string) string {
	if s == nil {
		return text
	}
	s.mu.Lock()
	words := s.words
	s.mu.Unlock()
	return endpoint.RedactWords(text, words)
}
