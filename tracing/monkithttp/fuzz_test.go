package monkithttp

import (
	"net/http"
	"strings"
	"testing"
)

func FuzzTraceparent(f *testing.F) {
	for _, seed := range []string{
		"", "00-" + whole + "-" + span + "-01", "cc-" + whole + "-" + span + "-01-x", "00-0000000000000001-00000002-1",
		"ff-" + whole + "-" + span + "-01", "00--000000000000001-00000002-1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := parseTraceparent(text)
		if !ok {
			return
		}
		again, ok := parseTraceparent(formatTraceparent(p.high, p.trace, p.span, p.decision == yes, p.origin.Random))
		if !ok || show(again) != show(p) {
			t.Errorf("%q became %s, then %s", text, show(p), show(again))
		}
	})
}

func FuzzB3(f *testing.F) {
	for _, seed := range []string{"", "0", "d", whole + "-" + span, low + "-" + span + "-1-" + span} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := parseB3(text)
		if !ok || !p.known || p.decision == undecided {
			return
		}
		for _, form := range []B3{SingleB3, MultiB3} {
			h := make(http.Header)
			trace := strings.Split(text, "-")[0]
			form.set(h, trace, p.span, 0, p.decision == yes, p.origin.Debug)
			if again, ok := extractB3(h); !ok || show(again) != show(p) {
				t.Errorf("%q became %s, then %s by %v", text, show(p), show(again), h)
			}
		}
	})
}

func FuzzTracestate(f *testing.F) {
	for _, seed := range []string{"", "a=1,b@c=2", ",,a=1 ,", "sampled=true"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		state := parseTracestate(text)
		if again := parseTracestate(state); again != state {
			t.Errorf("%q became %q, then %q", text, state, again)
		}
		if strings.ContainsAny(state, "\r\n\x00") {
			t.Errorf("%q became %q", text, state)
		}
	})
}

func FuzzBaggage(f *testing.F) {
	for _, seed := range []string{
		"", "a=1,b=2", " a = %C3%A4;p=1,", "a=%", "a=" + strings.Repeat("\x01", maxBaggage/3), "a=" + strings.Repeat("\x01", maxBaggage/2) + ",b=2",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		members := parseBaggage(text, []string{"a", "b"})
		sent := formatBaggage(members)
		again := parseBaggage(sent, []string{"a", "b"})
		for key, value := range members {
			if got, ok := again[key]; ok && got != value || !ok && sizeOfBaggage(members) <= maxBaggage {
				t.Errorf("%.100q became %.100q, then %.100q by %.100q", text, members, again, sent)
			}
		}
		if len(again) > len(members) || len(sent) > maxBaggage || strings.ContainsAny(sent, "\r\n\x00 ") {
			t.Errorf("%.100q is not a valid header of %.100q", sent, members)
		}
	})
}

// sizeOfBaggage returns the size of a header that holds every member: a value
// can be longer in the header than where it came from, since it is escaped.
func sizeOfBaggage(members map[string]string) int {
	size := -1
	for key, value := range members {
		size += len(key) + len("=,") + len(escapeBaggage(value))
	}
	return size
}
