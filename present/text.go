package present

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"monkit.example/monkit"
)

// printer writes and keeps the first error for close.
type printer struct {
	*bufio.Writer
}

func newPrinter(w io.Writer) printer { return printer{bufio.NewWriter(w)} }

func (p printer) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p printer) close() error { return p.Flush() }

// printable returns s with control characters escaped, so that no name makes
// lines of its own or drives a terminal.
func printable(s string) string {
	if strings.IndexFunc(s, unicode.IsControl) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) {
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// fullName tells f apart from its variants with other tags.
func fullName(f *monkit.Func) string {
	if tags := userTags(f.Tags()); tags.Len() > 0 {
		return f.FullName() + "," + tags.String()
	}
	return f.FullName()
}

// userTags leaves out those that the name of a function tells already.
func userTags(tags *monkit.TagSet) *monkit.TagSet { return without(tags, "name", "scope") }

func without(tags *monkit.TagSet, keys ...string) *monkit.TagSet {
	var rest []monkit.SeriesTag
	for i := range tags.Len() {
		if tag := tags.At(i); !slices.Contains(keys, tag.Key) {
			rest = append(rest, tag)
		}
	}
	return new(monkit.TagSet).SetTags(rest...)
}
