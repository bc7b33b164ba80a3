package monkit

import (
	"fmt"
	"maps"
	"sync"
	"testing"
)

func TestSeriesNames(t *testing.T) {
	for _, tt := range []struct {
		name string
		key  SeriesKey
		want string
	}{
		{"measurement alone", NewSeriesKey("m"), "m f"},
		{"empty", SeriesKey{}, " f"},
		{"tags are sorted", NewSeriesKey("m").WithTags(SeriesTag{"b", "2"}, SeriesTag{"a", "1"}), "m,a=1,b=2 f"},
		{"measurement escapes comma and space", NewSeriesKey("a,b c=d"), `a\,b\ c=d f`},
		{"tags escape equals too", NewSeriesKey("m").WithTag("k,=", "v =,"), `m,k\,\==v\ \=\, f`},
		{"backslash, quote and newline stay", NewSeriesKey("a\\\"\n"), "a\\\"\n f"},
		{"backslashes before a special byte are doubled", NewSeriesKey(`a\`).WithTag(`\b\ `, `C:\d\\`), `a\\,\b\\\ =C:\d\\\\ f`},
		{"the last value of a key counts", NewSeriesKey("m").WithTags(SeriesTag{"a", "1"}, SeriesTag{"a", "2"}), "m,a=2 f"},
		{"a new value replaces", NewSeriesKey("m").WithTag("a", "1").WithTag("a", "2"), "m,a=2 f"},
		{"no tags given", NewSeriesKey("m").WithTags(), "m f"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.key.WithField("f"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if got, want := NewSeriesKey("m").WithField("a b,c=d"), `m a\ b\,c\=d`; got != want {
		t.Errorf("field: got %q, want %q", got, want)
	}
}

func TestTagSetIsImmutable(t *testing.T) {
	base := new(TagSet).Set("a", "1")
	text := base.String()
	base.Set("a", "2")
	base.SetTags(NewSeriesTag("b", "2"))
	base.SetAll(map[string]string{"c": "3"})
	base.All()["a"] = "9"
	if base.String() != text || base.Len() != 1 || base.Get("a") != "1" {
		t.Errorf("a set changed from %q to %q", text, base)
	}
}

func TestNilAndZeroTagSetsAreEmpty(t *testing.T) {
	for name, set := range map[string]*TagSet{"nil": nil, "zero": {}} {
		if set.Len() != 0 || set.Get("a") != "" || set.String() != "" || len(set.All()) != 0 {
			t.Errorf("%s set is not empty", name)
		}
		all := map[string]string{"b": "2", "a": "1"}
		if got := set.SetAll(all); !maps.Equal(got.All(), all) || got.String() != "a=1,b=2" {
			t.Errorf("%s set with %v is %v", name, all, got)
		}
	}
}

func TestAtFollowsTheOrderOfKeys(t *testing.T) {
	set := new(TagSet).SetTags(SeriesTag{"c", "3"}, SeriesTag{"a", "1"}, SeriesTag{"b", "2"})
	var got string
	for i := range set.Len() {
		got += set.At(i).Key + set.At(i).Val
	}
	if got != "a1b2c3" {
		t.Errorf("got %q", got)
	}
}

// monkit/v3 wrote the cached text without synchronisation.
func TestTagSetStringIsRaceFree(t *testing.T) {
	set := new(TagSet).Set("a", "1")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got := set.String(); got != "a=1" {
				t.Errorf("got %q", got)
			}
		})
	}
	wg.Wait()
}

func FuzzTagSet(f *testing.F) {
	f.Add("a", "1", "b", "2")
	f.Add("", "", "", "")
	f.Add("a", "1", "a", "2")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 string) {
		set := new(TagSet).SetTags(SeriesTag{k1, v1}, SeriesTag{k2, v2})
		if set.Get(k2) != v2 {
			t.Errorf("%q is %q, want %q", k2, set.Get(k2), v2)
		}
		if k1 != k2 && set.Get(k1) != v1 {
			t.Errorf("%q is %q, want %q", k1, set.Get(k1), v1)
		}
		if !maps.Equal(new(TagSet).SetAll(set.All()).All(), set.All()) {
			t.Errorf("%v does not survive a map", set)
		}
	})
}

// TestDifferentSeriesHaveDifferentNames tries all names of up to three
// characters that the escaping treats differently.
func TestDifferentSeriesHaveDifferentNames(t *testing.T) {
	words := []string{""}
	for from := 0; len(words[len(words)-1]) < 3; from++ {
		for _, c := range []string{"a", ",", "=", " ", `\`} {
			words = append(words, words[from]+c)
		}
	}
	seen := make(map[string]string)
	check := func(key SeriesKey, field string) {
		name, this := key.WithField(field), fmt.Sprintf("%q %q %q", key.Measurement, key.Tags.list(), field)
		if other, ok := seen[name]; ok && other != this {
			t.Fatalf("%s is the name of %s and of %s", name, this, other)
		}
		seen[name] = this
	}
	for _, a := range words {
		for _, b := range words {
			check(NewSeriesKey(a), b)
			check(NewSeriesKey("a").WithTag(a, b), "a")
			check(NewSeriesKey(a).WithTag("a", b), "a")
			check(NewSeriesKey("a").WithTag("a", a).WithTag(b, "a"), "a")
		}
	}
}
