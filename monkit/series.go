package monkit

import "strings"

// Bytes that get a backslash before them.
const (
	measurementEscapes = ", "
	tagEscapes         = ",= " // for tag keys, tag values and fields
)

// SeriesKey names one series: what is measured, and the tags that set it
// apart.
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
// value of the series.
func (s SeriesKey) WithField(field string) string {
	var b strings.Builder
	s.writeTo(&b, 1+len(field))
	b.WriteByte(' ')
	writeEscaped(&b, field, tagEscapes)
	return b.String()
}

func (s SeriesKey) writeTo(b *strings.Builder, more int) {
	tags := s.Tags.String()
	b.Grow(len(s.Measurement) + 1 + len(tags) + more)
	writeEscaped(b, s.Measurement, measurementEscapes)
	if tags != "" {
		b.WriteByte(',')
		b.WriteString(tags)
	}
}

// writeEscaped writes s with a backslash before each of escapes. Backslashes
// that come right before one, or at the end, are doubled, or they would be taken
// for those that escape: different series have different names. Others stay.
func writeEscaped(b *strings.Builder, s, escapes string) {
	for {
		i := strings.IndexAny(s, escapes)
		if i < 0 {
			writePlain(b, s)
			return
		}
		writePlain(b, s[:i])
		b.WriteByte('\\')
		b.WriteByte(s[i])
		s = s[i+1:]
	}
}

func writePlain(b *strings.Builder, s string) {
	b.WriteString(s)
	b.WriteString(s[len(strings.TrimRight(s, "\\")):])
}
