package monkit

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"
)

// SeriesTag is one key and value that sets a series apart from others of the
// same measurement.
type SeriesTag struct {
	Key, Val string
}

// NewSeriesTag returns the tag key=val.
func NewSeriesTag(key, val string) SeriesTag {
	return SeriesTag{Key: key, Val: val}
}

// TagSet is an immutable set of tags, sorted by key, one value a key. The nil
// *TagSet and the zero TagSet are the empty set. A TagSet must not be copied;
// pass the pointer.
type TagSet struct {
	tags []SeriesTag // sorted by key, keys distinct, never changed

	// text is String's answer. It depends on tags alone, so goroutines that
	// race to store it store the same.
	text atomic.Pointer[string]
}

// newTagSet takes tags over. The last of several values for a key stands.
func newTagSet(tags []SeriesTag) *TagSet {
	slices.SortStableFunc(tags, compareKeys)
	out := tags[:0]
	for i, tag := range tags {
		if i+1 < len(tags) && tags[i+1].Key == tag.Key {
			continue
		}
		out = append(out, tag)
	}
	return &TagSet{tags: slices.Clip(out)}
}

func compareKeys(a, b SeriesTag) int { return strings.Compare(a.Key, b.Key) }

// Len is the number of tags.
func (t *TagSet) Len() int {
	if t == nil {
		return 0
	}
	return len(t.tags)
}

// At returns tag i of Len, in the order of keys. With Len it visits a set
// without allocating.
func (t *TagSet) At(i int) SeriesTag { return t.tags[i] }

// list returns the tags themselves.
func (t *TagSet) list() []SeriesTag {
	if t == nil {
		return nil
	}
	return t.tags
}

// Get returns the value of key, or "" where there is none.
func (t *TagSet) Get(key string) string {
	if i, ok := t.index(key); ok {
		return t.tags[i].Val
	}
	return ""
}

// index searches from the front: sets are small.
func (t *TagSet) index(key string) (int, bool) {
	if t == nil {
		return 0, false
	}
	for i := range t.tags {
		if t.tags[i].Key == key {
			return i, true
		}
	}
	return 0, false
}

// All returns a new map of the tags.
func (t *TagSet) All() map[string]string {
	if t == nil {
		return nil
	}
	all := make(map[string]string, len(t.tags))
	for _, tag := range t.tags {
		all[tag.Key] = tag.Val
	}
	return all
}

// Set returns the set with key at value.
func (t *TagSet) Set(key, value string) *TagSet {
	return t.SetTags(SeriesTag{Key: key, Val: value})
}

// SetTags returns the set with tags added; they win over those of the same
// key.
func (t *TagSet) SetTags(tags ...SeriesTag) *TagSet {
	if len(tags) == 0 && t != nil {
		return t
	}
	merged := make([]SeriesTag, 0, t.Len()+len(tags))
	if t != nil {
		merged = append(merged, t.tags...)
	}
	return newTagSet(append(merged, tags...))
}

// SetAll returns the set with the pairs of kvs added; they win over those of
// the same key.
func (t *TagSet) SetAll(kvs map[string]string) *TagSet {
	tags := make([]SeriesTag, 0, len(kvs))
	for _, key := range slices.Sorted(maps.Keys(kvs)) {
		tags = append(tags, SeriesTag{Key: key, Val: kvs[key]})
	}
	return t.SetTags(tags...)
}

// String returns the tags as key=val, escaped, sorted by key, with commas
// between. It is kept, so that only the first call costs.
func (t *TagSet) String() string {
	if t.Len() == 0 {
		return ""
	}
	if text := t.text.Load(); text != nil {
		return *text
	}
	var b strings.Builder
	for i, tag := range t.tags {
		if i > 0 {
			b.WriteByte(',')
		}
		writeEscaped(&b, tag.Key, tagEscapes)
		b.WriteByte('=')
		writeEscaped(&b, tag.Val, tagEscapes)
	}
	text := b.String()
	t.text.Store(&text)
	return text
}
