package statsd

import "testing"

func TestHintsNameWhatWasSeen(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string // name of the hint in the dialect of the reference daemon
	}{
		{"a:1|c", ""},
		{"a:1|c|@0.5:2|g:x|s", ""},
		{"a,k=v:1|c", ""},
		{"a:1|m", ""},
		{"a:1|c|#k:v", "dogstatsd_syntax"},
		{"a:1|c|c:abc", "dogstatsd_syntax"},
		{"a:1|c|e:it-1", "dogstatsd_syntax"},
		{"a:1|c|card:low", "dogstatsd_syntax"},
		{"a:1|c|T1700000000", "dogstatsd_syntax"},
		{"a:1:2:3|ms", "dogstatsd_syntax"},
		{"_e{5,4}:title|text", "dogstatsd_syntax"},
		{"_sc|name|0", "dogstatsd_syntax"},
		{"a:1|zz", "unknown_type"},
		{"a:1|", "unknown_type"},
		{"a,=v:1|c", "tag_without_key"},
		{"a:x|c|#k:v", ""}, // rejected
	} {
		for _, o := range []Options{{}, {DialectChosen: true}, {Dialect: DogStatsD}} {
			want := tt.want
			if want == "dogstatsd_syntax" && (o.DialectChosen || o.Dialect == DogStatsD) || want == "unknown_type" && o.Dialect == DogStatsD {
				want = ""
			}
			b := decodeOne(t, o, tt.in)
			got := ""
			for hint, n := range b.Hints {
				got = hint.Name
				if n != 1 || hint.Advice == "" {
					t.Errorf("%q: %d lines of %+v", tt.in, n, hint)
				}
			}
			if got != want || len(b.Hints) > 1 {
				t.Errorf("%q, %+v: hints %v, want %q", tt.in, o, b.Hints, want)
			}
		}
	}
}
