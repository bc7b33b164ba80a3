package collide

import (
	"fmt"
	"testing"
	"time"

	"monkit.example/reporters"
)

// A batch a minute: what is idle for five is deleted when the number has doubled.
const churn = 2000

func (e encoder) checkMemory(t *testing.T, most int) {
	t.Helper()
	fields, refused := 0, 0
	for _, c := range e.contests {
		fields, refused = fields+len(c.fields), refused+len(c.refused)
	}
	if len(e.contests) > most || fields > most || refused > most {
		t.Errorf("%d contests with %d fields and %d refused series are remembered, want %d at most", len(e.contests), fields, refused, most)
	}
}

// A series without a field is compared at the hash of a name before its own, which it
// has not claimed: its number is reused, and what is remembered of it must not stay.
func TestMemoryOfNamesThatComeAndGo(t *testing.T) {
	for name, at := range map[string]func(i int) (parent, field string){
		"one parent":   func(i int) (string, string) { return "parent", fmt.Sprint("f", i) },
		"many parents": func(i int) (string, string) { return fmt.Sprint("parent", i), "f" },
	} {
		t.Run(name, func(t *testing.T) {
			e := newEncoder()
			for i := range churn {
				parent, field := at(i)
				for series := range uint32(2) { // the second is refused
					p := point(series+1, fmt.Sprint("m", series, i, "."))
					p.Time = int64(time.Hour) + int64(i)*int64(time.Minute)
					e.Claim(&p, e.Hash([]byte(p.Key.Measurement)))
					c := e.ContestAt(e.Hash([]byte(parent)), &p)
					if refused := e.Check(c, &p, []byte(field)) == Refuse; refused != (series == 1) {
						t.Fatalf("walk %d: series %d is refused: %v", i, series, refused)
					}
				}
			}
			e.checkMemory(t, 2*minSweep)
		})
	}
}

// Names of errors may be fields, of which a series that lives has others every minute.
func TestMemoryOfFieldsThatComeAndGo(t *testing.T) {
	e := newEncoder()
	for i := range churn {
		p := point(1, fmt.Sprint("m.error ", i))
		p.Time = int64(time.Hour) + int64(i)*int64(time.Minute)
		stays := point(1, "m.always here")
		stays.Time = p.Time
		other := point(1, "m.always_here")
		other.Time = p.Time
		if got := len(e.encode([]reporters.Point{stays, p, other})); got != 2 {
			t.Fatalf("walk %d: %d points are written, want 2", i, got)
		}
	}
	e.checkMemory(t, 2*minSweep)
}

// Series that refuse each other's names come and go, and their numbers are not reused.
func TestMemoryOfRefusedSeries(t *testing.T) {
	e := newEncoder()
	for i := range churn {
		owner, p := point(1, "a_b.x"), point(uint32(i+2), "c.")
		owner.Time = int64(time.Hour) + int64(i)*int64(time.Minute)
		p.Time = owner.Time
		e.encode([]reporters.Point{owner})
		if e.Check(e.ContestAt(e.Hash([]byte("a_b")), &p), &p, []byte("x")) != Refuse {
			t.Fatalf("walk %d: two series have one name", i)
		}
	}
	e.checkMemory(t, 2*minSweep)
}

// A series that waits for another one's fields has a contest, though it holds no name
// and none was refused: when the other one is gone, a third must not be written too.
func TestContestLastsAsLongAsItsSeries(t *testing.T) {
	e := newEncoder()
	e.check(t, "a_b.x", point(1, "a_b.x"))
	e.check(t, "", point(2, "a b.x")) // awaits the fields of 1
	e.check(t, "o.x", point(1, "o.x"))
	e.check(t, "a_b.x", point(3, "a_b.x"), point(2, "a b.x"))
}
