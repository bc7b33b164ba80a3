package statsd

import (
	"slices"
	"strings"
	"testing"
)

// The order of tags is that in which a client has them, and two clients may differ.
func TestOrderOfTagsDoesNotMatter(t *testing.T) {
	for _, lines := range [][]string{
		{"a:1|c|#a:1,b:2", "a:1|c|#b:2,a:1", "a,a=1:1|c|#b:2", "a[b=2]:1|c|#a:1", "a:1|c|#a:1|#b:2", "a:1|c|##a:1,#b:2"},
		{"a:1|c|#reason:a,reason:b", "a:1|c|#reason:b,reason:a", "a:1|c|#reason:b,reason:a,reason:b", "a:1|c|#reason:a|#reason:b", "a#reason=b,reason=a:1|c"},
		{"a:1|c|#blue", "a:1|c|#blue:", "a:1|c|#blue,blue", "a:1|c|#,blue,"},
		{"a:1|c|#blue,blue:x", "a:1|c|#blue:x,blue", "a:1|c|#blue:x"},
		{"a:1|c", "a:1|c|#", "a:1|c|#,,", "a:1|c|#:x"},
	} {
		first := decodeOne(t, Options{}, lines[0]).Points[0].Key.String()
		for _, line := range lines[1:] {
			if b := decodeOne(t, Options{}, line); len(b.Points) != 1 || b.Points[0].Key.String() != first {
				t.Errorf("%q is of %s, %q of %s", lines[0], first, line, readings(b))
			}
		}
	}
}

// A key with several values is of another series than one with either of them.
func TestValuesOfARepeatedKeyAreKept(t *testing.T) {
	for in, want := range map[string]string{
		"#reason:a,reason:b":                  "a,b",
		"#reason:b,reason:c,reason:a":         "a,b,c",
		"#reason:a,reason:a":                  "a",
		"#reason:a,x:y,reason:b,reason":       "a,b",
		"#reason:" + strings.Repeat("x", 300): strings.Repeat("x", 300),
	} {
		b := decodeOne(t, Options{}, "a:1|c|"+in)
		if got := b.Points[0].Key.Tags.Get("reason"); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestTagsThatDifferAreOtherSeries(t *testing.T) {
	keys := make(map[string]string)
	for _, line := range []string{
		"page:1|c", "page:1|c|#blue", "page:1|c|#red", "page:1|c|#env:prod", "page:1|c|#zone:prod", "page:1|c|#a:1,b:2", "page:1|c|#b:1,a:2",
		"page:1|c|#reason:a", "page:1|c|#reason:b", "page:1|c|#reason:a,reason:b", "page,x:1|c", "page[0]:1|c", "page[1]:1|c",
	} {
		key := decodeOne(t, Options{}, line).Points[0].Key.String()
		if other, ok := keys[key]; ok {
			t.Errorf("%q and %q are both of %s", other, line, key)
		}
		keys[key] = line
	}
}

// However often tags repeat and however many they are, their order does not matter.
func FuzzTags(f *testing.F) {
	f.Add("a:1,b:2")
	f.Add("reason:a,reason:b,,reason,:x")
	f.Add(strings.Repeat("k:v,l:w,", 20))
	f.Fuzz(func(t *testing.T, tags string) {
		if strings.ContainsAny(tags, "|\n\r\t\v\f") || checkText([]byte(tags)) != nil {
			return
		}
		list := strings.Split(tags, ",")
		want := decodeOne(t, Options{}, "a:1|c|#"+strings.Join(list, ",")).Points[0].Key
		for range 3 {
			slices.Reverse(list)
			list = append(list[1:], list[0])
			if got := decodeOne(t, Options{}, "a:1|c|#"+strings.Join(list, ",")).Points[0].Key; got.String() != want.String() {
				t.Fatalf("%q is of %s, reordered of %s", tags, want, got)
			}
		}
		for i := range want.Tags.Len() {
			if want.Tags.At(i).Key == "" {
				t.Fatalf("%q has a tag without a key: %s", tags, want)
			}
		}
	})
}
