package statsd

import (
	"bytes"
	"slices"
	"strings"

	"monkit.example/internal/line"
	"monkit.example/monkit"
)

// addTags adds the tags of the current line that are listed in p, which must be memory
// of the batch. White space around keys and values is no part of them.
func (d *decoder) addTags(p []byte, separator, equals byte) {
	if d.tags == nil {
		d.tags = make([]monkit.SeriesTag, 0, 8)
	}
	for len(p) > 0 {
		one := p
		if i := bytes.IndexByte(p, separator); i >= 0 {
			one, p = p[:i], p[i+1:]
		} else {
			p = nil
		}
		d.addTag(one, equals)
	}
}

// addTag adds one tag. Without equals it is a key with an empty value. One without a key
// has no place in a series; one that is empty is none.
func (d *decoder) addTag(p []byte, equals byte) {
	var key, val []byte
	if i := bytes.IndexByte(p, equals); i >= 0 {
		key, val = trim(p[:i]), trim(p[i+1:])
	} else {
		key = trim(p)
	}
	if equals == ':' && len(key) > 0 && key[0] == '#' { // some clients write it before each tag
		key = key[1:]
	}
	if len(key) > 0 {
		d.tags = append(d.tags, monkit.SeriesTag{Key: line.String(key), Val: line.String(val)})
	} else if len(val) > 0 {
		d.keylessTag = true
	}
}

// tagSet returns the tags of the current line. Those behind "|#" replace those of the
// same key in the name. The order of tags does not matter, also not of those with the
// same key: see joinRepeated.
func (d *decoder) tagSet() *monkit.TagSet {
	if len(d.tags) == 0 {
		return nil
	}
	inName, behind := d.tags[:d.nameTags], d.tags[d.nameTags:]
	var set *monkit.TagSet
	if len(inName) > 0 {
		set = set.SetTags(d.joinRepeated(inName)...)
	}
	return set.SetTags(d.joinRepeated(behind)...)
}

// joinRepeated makes one tag of those with the same key: its value is all of their
// values, sorted and each once, with commas between. DogStatsD allows several values for
// a key, and a line that has two of them is of another series than one that has one. It
// may reorder tags.
func (d *decoder) joinRepeated(tags []monkit.SeriesTag) []monkit.SeriesTag {
	if haveOwnKeys(tags) {
		return tags
	}
	slices.SortFunc(tags, func(a, b monkit.SeriesTag) int {
		if a.Key != b.Key {
			return strings.Compare(a.Key, b.Key)
		}
		return strings.Compare(a.Val, b.Val)
	})
	out := tags[:0]
	for len(tags) > 0 {
		n := 1
		for n < len(tags) && tags[n].Key == tags[0].Key {
			n++
		}
		tag := tags[0]
		if n > 1 {
			tag.Val = d.joinValues(tags[:n])
		}
		out, tags = append(out, tag), tags[n:]
	}
	return out
}

// haveOwnKeys reports whether no two of a few tags have the same key.
func haveOwnKeys(tags []monkit.SeriesTag) bool {
	if len(tags) > 16 {
		return false // that is found sooner by sorting them
	}
	for i := range tags {
		for j := range i {
			if tags[i].Key == tags[j].Key {
				return false
			}
		}
	}
	return true
}

// joinValues returns the values of sorted tags, without repeated and empty ones.
func (d *decoder) joinValues(tags []monkit.SeriesTag) string {
	var all []byte
	last := ""
	for _, tag := range tags {
		if tag.Val == last {
			continue
		}
		if last = tag.Val; len(all) > 0 {
			all = append(all, ',')
		}
		all = append(all, last...)
	}
	return d.b.Copy(all)
}
