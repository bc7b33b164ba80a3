package naming

import (
	"testing"

	"monkit.example/monkit"
)

func TestTagsAreAddedUnlessTheSeriesHasThem(t *testing.T) {
	tags := NewTags(map[string]string{"host": "web1", "zone": "eu"})
	for _, tt := range []struct {
		tags Tags
		key  monkit.SeriesKey
		want string
	}{
		{tags, monkit.NewSeriesKey("m"), "m,host=web1,zone=eu"},
		{tags, monkit.NewSeriesKey("m").WithTag("a", "1"), "m,a=1,host=web1,zone=eu"},
		{tags, monkit.NewSeriesKey("m").WithTag("zone", "us"), "m,host=web1,zone=us"},
		{Tags{}, monkit.NewSeriesKey("m").WithTag("a", "1"), "m,a=1"},
		{NewTags(nil), monkit.NewSeriesKey("m"), "m"},
	} {
		if got := tt.tags.AddTo(tt.key).String(); got != tt.want {
			t.Errorf("%s becomes %s, want %s", tt.key, got, tt.want)
		}
	}
}
