package aggregate

import (
	"fmt"
	"hash/maphash"
	"math"
	"testing"
)

// members adds members with numbers from..to-1.
func members(t *testing.T, s *set, seed maphash.Seed, from, to int, a *account) {
	t.Helper()
	for i := from; i < to; i++ {
		if !s.add(maphash.String(seed, fmt.Sprint("user-", i)), a) {
			t.Fatalf("member %d is not counted", i)
		}
		if s.taken() != a.used {
			t.Fatalf("with %d members, %d bytes are taken and %d used", i, s.taken(), a.used)
		}
	}
}

func TestSetIsExactUpToAThousand(t *testing.T) {
	s, a, seed := new(set), ample(), maphash.MakeSeed()
	for i := range exactMembers {
		members(t, s, seed, max(i-5, 0), i+1, a) // some again
		if s.count() != float64(i+1) {
			t.Fatalf("%d members are counted as %v", i+1, s.count())
		}
	}
	if s.sketched {
		t.Error("a thousand members are not exact")
	}
}

// The standard error of HyperLogLog with 2^14 registers is 0.81 %.
func TestLargeSetIsAboutRight(t *testing.T) {
	for _, n := range []int{exactMembers + 1, 2000, 10_000, 50_000, 200_000} {
		squares, runs := 0.0, 10
		for range runs {
			s, seed := new(set), maphash.MakeSeed()
			members(t, s, seed, 0, n, ample())
			members(t, s, seed, 0, n/2, &account{limit: math.MaxInt64, used: s.taken()}) // again
			wrong := s.count()/float64(n) - 1
			if squares += wrong * wrong; math.Abs(wrong) > .05 { // six standard errors
				t.Errorf("%d members are counted as %v", n, s.count())
			}
		}
		if deviation := math.Sqrt(squares / float64(runs)); deviation > .017 {
			t.Errorf("%d members are %.2f %% wrong, want about 0.8 %%", n, 100*deviation)
		}
	}
}

// The error for hashes that are the same in each run.
func TestSketchIsWithinOnePercent(t *testing.T) {
	for _, n := range []int{0, 1, 10, 1000, 20_000, 100_000, 1_000_000} {
		var s sketch
		x := uint64(1)
		for range n {
			x += 0x9e3779b97f4a7c15 // splitmix64
			z := x
			z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
			z = (z ^ z>>27) * 0x94d049bb133111eb
			s.add(z ^ z>>31)
		}
		if got := s.count(); math.Abs(got-float64(n)) > .01*float64(n) {
			t.Errorf("%d hashes are counted as %v", n, got)
		}
	}
}

// A hash whose counted bits are all zero has the highest rank.
func TestSketchTakesEveryHash(t *testing.T) {
	var s sketch
	for _, hash := range []uint64{0, 1, 1 << sketchRest, 1<<64 - 1<<sketchRest, 1<<64 - 1} {
		s.add(hash)
	}
	if got := s.count(); got < 3 || got > 5 || s[0] != sketchRest+1 {
		t.Errorf("four registers with hashes are counted as %v, the first has the rank %d", got, s[0])
	}
}

func TestSetBeginsAgainInItsMemory(t *testing.T) {
	s, a, seed := new(set), ample(), maphash.MakeSeed()
	for _, n := range []int{5, 3000, 7, exactMembers, 4000} {
		members(t, s, seed, 0, n, a)
		if got := s.count(); math.Abs(got-float64(n)) > .05*float64(n) || n <= exactMembers && got != float64(n) {
			t.Errorf("%d members are counted as %v", n, got)
		}
		if s.clear(); s.count() != 0 || s.sketched {
			t.Errorf("after clear there are %v", s.count())
		}
	}
	if most := int64(sketchSize + 8*1024); a.used > most {
		t.Errorf("a set takes %d bytes, want %d at most", a.used, most)
	}
}

func TestSetWithoutRoomRefusesMembers(t *testing.T) {
	for _, limit := range []int64{0, 100, 8 * 1024, sketchSize} {
		s, a := new(set), &account{limit: limit}
		n := 0
		for i := range uint64(3000) {
			if s.add(i<<40, a) {
				n++
			}
		}
		if s.sketched || float64(n) != s.count() || a.used > limit {
			t.Errorf("limit %d: %d members were counted as %v in %d bytes", limit, n, s.count(), a.used)
		}
	}
}
