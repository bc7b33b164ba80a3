package codectest

import "monkit.example/monkit"

// Key is the key of a series with tags, each a key and a value.
func Key(measurement string, tags ...string) monkit.SeriesKey {
	k := monkit.NewSeriesKey(measurement)
	for i := 0; i < len(tags); i += 2 {
		k = k.WithTag(tags[i], tags[i+1])
	}
	return k
}
