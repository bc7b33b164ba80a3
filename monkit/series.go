package monkit

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"
)

// SeriesKey names one series: what is measured, and the tags that set it apart
// from other series of the same measurement. A series has one or more fields,
// each of which has a value.
type SeriesKey struct {
	Measurement string
	Tags        *TagSet
}

// NewSeriesKey returns the key of measurement without tags.
func NewSeriesKey(measurement string) SeriesKey {
	return SeriesKey{Measurement: measurement}
}

// WithTag returns the key with one more tag.
func (s SeriesKey) WithTag(key, value string) SeriesKey {
	s.Tags = s.Tags.Set(key, value)
	return s
}

// WithTags returns the key with tags added.
func (s SeriesKey) WithTags(tags ...SeriesTag) SeriesKey {
	s.Tags = s.Tags.SetTags(tags...)
	return s
}

// String returns measurement,key=val,key=val with the keys sorted, escaped.
func (s SeriesKey) String() string {
	var b strings.Builder
	s.writeTo(&b, 0)
	return b.String()
}

// WithField returns String, a space, and the escaped field: the name of one
// value of the series. Different series and fields have different names.
func (s SeriesKey) WithField(field string) string {
	var b strings.Builder
	s.writeTo(&b, 1+len(field))
	b.WriteByte(' ')
	writeEscaped(&b, field, tagEscapes)
	return b.String()
}

// writeTo appends String to b, with room for extra bytes after it.
func (s SeriesKey) writeTo(b *strings.Builder, extra int) {
	tags := s.Tags.String()
	b.Grow(len(s.Measurement) + 1 + len(tags) + extra)
	writeEscaped(b, s.Measurement, measurementEscapes)
	if tags != "" {
		b.WriteByte(',')
		b.WriteString(tags)
	}
}

// SeriesTag is one key and value of a TagSet.
type SeriesTag struct {
	Key, Val string
}

// NewSeriesTag returns the tag key=val.
func NewSeriesTag(key, val string) SeriesTag {
	return SeriesTag{Key: key, Val: val}
}

// TagSet is an immutable set of tags, sorted by key, with one value a key. The
// nil *TagSet and the zero TagSet are the empty set. A TagSet must not be
// copied; pass the pointer. It is safe for concurrent use.
type TagSet struct {
	tags []SeriesTag // sorted by key, keys distinct, never changed

	// text caches the result of String. It depends on tags alone, so
	// goroutines that race to store it store the same text.
	text atomic.Pointer[string]
}

// newTagSet returns the set of tags. It keeps and reorders the slice. Of
// several values for a key the last one counts.
func newTagSet(tags []SeriesTag) *TagSet {
	slices.SortStableFunc(tags, func(a, b SeriesTag) int { return strings.Compare(a.Key, b.Key) })
	out := tags[:0]
	for i, tag := range tags {
		if i+1 < len(tags) && tags[i+1].Key == tag.Key {
			continue
		}
		out = append(out, tag)
	}
	return &TagSet{tags: slices.Clip(out)}
}

// Len returns the number of tags.
func (t *TagSet) Len() int {
	if t == nil {
		return 0
	}
	return len(t.tags)
}

// At returns tag i of Len, in the order of keys. With Len it visits a set
// without allocating.
func (t *TagSet) At(i int) SeriesTag { return t.tags[i] }

// list returns the tags themselves, which must not be changed.
func (t *TagSet) list() []SeriesTag {
	if t == nil {
		return nil
	}
	return t.tags
}

// Get returns the value of key, or "" if the set does not have key.
func (t *TagSet) Get(key string) string {
	if i, ok := t.index(key); ok {
		return t.tags[i].Val
	}
	return ""
}

// index returns the position of key. It searches from the front, since sets
// are small.
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

// SetTags returns the set with tags added. They replace tags of the same key.
func (t *TagSet) SetTags(tags ...SeriesTag) *TagSet {
	if len(tags) == 0 && t != nil {
		return t
	}
	merged := make([]SeriesTag, 0, t.Len()+len(tags))
	merged = append(merged, t.list()...)
	return newTagSet(append(merged, tags...))
}

// SetAll returns the set with the pairs of kvs added. They replace tags of the
// same key.
func (t *TagSet) SetAll(kvs map[string]string) *TagSet {
	tags := make([]SeriesTag, 0, len(kvs))
	for _, key := range slices.Sorted(maps.Keys(kvs)) {
		tags = append(tags, SeriesTag{Key: key, Val: kvs[key]})
	}
	return t.SetTags(tags...)
}

// String returns the tags as key=val, escaped, sorted by key, with commas
// between. The set caches the result.
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

// Bytes that writeEscaped puts a backslash before.
const (
	measurementEscapes = ", "
	tagEscapes         = ",= " // for tag keys, tag values and fields
)

// writeEscaped writes s with a backslash before each byte of escapes. It
// doubles the backslashes right before such a byte and those at the end: a
// reader would take them for escapes, and two series could have one name.
// Other backslashes stay single.
func writeEscaped(b *strings.Builder, s, escapes string) {
	for {
		i := strings.IndexAny(s, escapes)
		if i < 0 {
			writeDoublingEnd(b, s)
			return
		}
		writeDoublingEnd(b, s[:i])
		b.WriteByte('\\')
		b.WriteByte(s[i])
		s = s[i+1:]
	}
}

// writeDoublingEnd writes s and once more the backslashes that it ends with.
func writeDoublingEnd(b *strings.Builder, s string) {
	b.WriteString(s)
	b.WriteString(s[len(strings.TrimRight(s, "\\")):])
}
