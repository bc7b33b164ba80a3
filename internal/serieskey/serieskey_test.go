package serieskey

import (
	"strings"
	"testing"

	"monkit.example/monkit"
)

// copyOf returns key in memory of its own.
func copyOf(key monkit.SeriesKey) monkit.SeriesKey {
	c := monkit.NewSeriesKey(strings.Clone(key.Measurement))
	for i := range key.Tags.Len() {
		tag := key.Tags.At(i)
		c = c.WithTag(strings.Clone(tag.Key), strings.Clone(tag.Val))
	}
	return c
}

func TestSeriesAreComparedByTheirText(t *testing.T) {
	h := NewHasher()
	keys := []monkit.SeriesKey{
		{}, monkit.NewSeriesKey("m"), monkit.NewSeriesKey("mm"), monkit.NewSeriesKey("n"),
		monkit.NewSeriesKey("m").WithTag("a", "b"), monkit.NewSeriesKey("m").WithTag("b", "a"), monkit.NewSeriesKey("m").WithTag("", "ab"),
		monkit.NewSeriesKey("m").WithTag("ab", ""), monkit.NewSeriesKey("").WithTag("a", "b"), monkit.NewSeriesKey("a").WithTag("m", "b"),
		monkit.NewSeriesKey("m").WithTag("a", "b").WithTag("c", "d"), monkit.NewSeriesKey("m").WithTag("a", "d").WithTag("c", "b"),
	}
	hashes := map[uint64]string{}
	for i, a := range keys {
		for j, b := range keys {
			if got := Equal(a, copyOf(b)); got != (i == j) {
				t.Errorf("Equal(%q, %q) = %v", a, b, got)
			}
		}
		if h.Series(a) != h.Series(copyOf(a)) {
			t.Errorf("the hash of %q depends on its memory", a)
		}
		for _, field := range []string{"", "a", "b"} {
			hash, name := h.Field(a, field), a.WithField(field)
			if other, ok := hashes[hash]; ok {
				t.Errorf("%q and %q have one hash", other, name)
			}
			hashes[hash] = name
		}
	}
	if !Equal(monkit.SeriesKey{}, monkit.SeriesKey{Tags: new(monkit.TagSet)}) {
		t.Error("no tags and an empty set differ")
	}
}
