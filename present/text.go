package present

import (
	"bufio"
	"fmt"
	"io"
	"slices"

	"monkit.example/monkit"
)

// printer buffers what it writes. The buffer retains the first error, which
// close returns.
type printer struct {
	*bufio.Writer
}

func newPrinter(w io.Writer) printer { return printer{bufio.NewWriter(w)} }

func (p printer) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p printer) close() error { return p.Flush() }

// fullName returns the name of f with its tags, by which it differs from
// variants of the same function.
func fullName(f *monkit.Func) string {
	if tags := userTags(f.Tags()); tags.Len() > 0 {
		return f.FullName() + "," + tags.String()
	}
	return f.FullName()
}

// userTags returns tags without the two that repeat the name of a function.
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
