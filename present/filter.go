package present

import "strings"

// Bounds on a filter, which is compared with every name of a page.
const (
	maxFilter      = 200 // bytes
	maxFilterWords = 16
)

// filter is a parsed query parameter q: the words, in lower case, that a name
// must contain. Without words it matches every name.
type filter struct{ words []string }

// parseFilter parses a query parameter q.
func parseFilter(q string) (filter, error) {
	if len(q) > maxFilter {
		return filter{}, badRequest("q: the filter has more than %d bytes; write a shorter one", maxFilter)
	}
	words := strings.Fields(strings.ToLower(q))
	if len(words) > maxFilterWords {
		return filter{}, badRequest("q: the filter has more than %d words; write fewer", maxFilterWords)
	}
	return filter{words}, nil
}

// matches reports whether name contains every word of the filter. Case does
// not matter.
func (f filter) matches(name string) bool {
	if len(f.words) == 0 {
		return true
	}
	name = strings.ToLower(name)
	for _, word := range f.words {
		if !strings.Contains(name, word) {
			return false
		}
	}
	return true
}
