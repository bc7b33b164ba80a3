package e2e

import (
	"regexp"
	"testing"
)

// A program of another module makes a format and a transport with exported names
// only. Its lines are queued, sent again and accounted for.
func TestForeignFormatAndTransport(t *testing.T) {
	out := run(t, buildTestdata(t, "foreign"))
	want := regexp.MustCompile(`^queued: accepted=50 delivered=0 dropped=1\(not_finite=1\) pending=49
format: accepted=100 delivered=98 dropped=2\(not_finite=2\) pending=0 received: 98
transport: accepted=150 delivered=[1-9]\d* dropped=[1-9]\d*\(not_finite=1,queue_full=[1-9]\d*\) pending=0
$`)
	if !want.MatchString(out) {
		t.Errorf("the program printed\n%s\nwant\n%s", out, want)
	}
}
