package naming

import "monkit.example/monkit"

// Tags are tags of all series of a process, such as its host, which keep them apart
// from those of another process that runs the same program. The zero value has none.
type Tags struct{ set *monkit.TagSet }

// NewTags returns the tags of all.
func NewTags(all map[string]string) Tags {
	if len(all) == 0 {
		return Tags{}
	}
	return Tags{(*monkit.TagSet)(nil).SetAll(all)}
}

// Set returns the tags alone. It may be nil.
func (t Tags) Set() *monkit.TagSet { return t.set }

// Add returns set with the tags that it does not have.
func (t Tags) Add(set *monkit.TagSet) *monkit.TagSet {
	if t.set == nil {
		return set
	}
	own := make([]monkit.SeriesTag, set.Len())
	for i := range own {
		own[i] = set.At(i)
	}
	return t.set.SetTags(own...)
}

// AddTo returns the key of a series with the tags that it does not have.
func (t Tags) AddTo(key monkit.SeriesKey) monkit.SeriesKey {
	key.Tags = t.Add(key.Tags)
	return key
}
