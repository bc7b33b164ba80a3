package collide

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// encoder writes points as "measurement.field", with "_" for spaces.
type encoder struct{ *Names }

func clean(s string) string { return strings.ReplaceAll(s, " ", "_") }

func newEncoder() encoder {
	return encoder{New(func(p *reporters.Point) string { return clean(p.Field) })}
}

// encode returns the names of the points of a batch that are written.
func (e encoder) encode(points []reporters.Point) (written []string) {
	e.BeginBatch(points)
	defer e.EndBatch()
	for i := range points {
		p := &points[i]
		e.Claim(p, e.Hash([]byte(clean(p.Key.Measurement))))
		c := e.Contest(p)
		if clean(p.Field) != p.Field {
			c = e.ContestAt(e.Hash([]byte(clean(p.Key.Measurement))), p)
		}
		if e.Check(c, p, []byte(clean(p.Field))) == Write {
			written = append(written, p.Key.Measurement+"."+p.Field)
		}
	}
	return written
}

func (e encoder) check(t *testing.T, want string, points ...reporters.Point) {
	t.Helper()
	if got := strings.Join(e.encode(points), " "); got != want {
		t.Errorf("written are %q, want %q", got, want)
	}
}

func point(series uint32, name string) reporters.Point {
	measurement, field, _ := strings.Cut(name, ".")
	return reporters.Point{Series: series, ID: series, Key: monkit.NewSeriesKey(measurement), Field: field}
}

func (e encoder) checkCounts(t *testing.T, series, points int64) {
	t.Helper()
	if s, p := e.Collisions(); s != series || p != points {
		t.Errorf("%d series and %d points collided, want %d and %d", s, p, series, points)
	}
}

func TestFirstSeriesKeepsTheName(t *testing.T) {
	e := newEncoder()
	points := []reporters.Point{point(1, "a_b.x"), point(1, "a_b.y"), point(2, "a b.x"), point(2, "a b.z"), point(3, "c.x")}
	for range 3 {
		e.check(t, "a_b.x a_b.y a b.z c.x", points...)
	}
	e.checkCounts(t, 1, 3)
}

// The first batch with both is not one in which both are written, wherever the
// series are in it.
func TestManyCollisionsOfOneBatch(t *testing.T) {
	e := newEncoder()
	var points []reporters.Point
	const n = 20 * maxScans
	for i := range uint32(n) {
		points = append(points, point(i+1, fmt.Sprintf("a_b%d.x", i)))
	}
	for i := range uint32(n) {
		points = append(points, point(n+i+1, fmt.Sprintf("a b%d.x", i)))
	}
	if got := len(e.encode(points)); got != n {
		t.Errorf("%d points are written, want %d", got, n)
	}
	e.checkCounts(t, n, n)
}

// A batch may come in parts, of which one has the first series and another one the
// second: its fields are known when it comes again.
func TestSeriesOfAnotherPartKeepsItsName(t *testing.T) {
	e := newEncoder()
	for walk := range 3 {
		e.check(t, "a_b.x", point(1, "a_b.x"))
		want := "a b.z"
		if walk == 0 {
			want = ""
		}
		e.check(t, want, point(2, "a b.x"), point(2, "a b.z"))
	}
	e.checkCounts(t, 1, 4)
}

func TestFieldsOfOneSeriesCollide(t *testing.T) {
	e := newEncoder()
	e.check(t, "m.f_g m.h", point(1, "m.f_g"), point(1, "m.f g"), point(1, "m.h"))
	e.check(t, "m.f_g m.h", point(1, "m.f_g"), point(1, "m.f g"), point(1, "m.h"))
	e.checkCounts(t, 1, 2)
	e = newEncoder()
	e.check(t, "m.f g", point(1, "m.f g"), point(1, "m.f_g"))
}

func TestNameIsFreeWhenItsNumberIsReused(t *testing.T) {
	e := newEncoder()
	e.check(t, "a_b.x", point(1, "a_b.x"), point(2, "a b.x"))
	e.check(t, "other.x a b.x", point(1, "other.x"), point(2, "a b.x"))
	e.check(t, "other.x a b.x", point(1, "other.x"), point(2, "a b.x"), point(3, "a_b.x"))
	e.checkCounts(t, 2, 2)
}

func TestNameIsFreeWhenItsSeriesIsIdle(t *testing.T) {
	e := newEncoder()
	later := func(p reporters.Point, d time.Duration) reporters.Point {
		p.Time = int64(d)
		return p
	}
	e.check(t, "a_b.x", point(1, "a_b.x"), point(2, "a b.x"))
	e.check(t, "", later(point(2, "a b.x"), ownerIdle-1))
	e.check(t, "a b.x", later(point(2, "a b.x"), ownerIdle))
	e.check(t, "", later(point(1, "a_b.x"), ownerIdle+1))
}

// The clock may be set back by hours: a series that is gone must not keep its name
// until the clock is where it was.
func TestNameIsFreeWhenTheClockIsSetBack(t *testing.T) {
	e := newEncoder()
	at := func(p reporters.Point, d time.Duration) reporters.Point {
		p.Time = int64(d)
		return p
	}
	e.check(t, "a_b.x", at(point(1, "a_b.x"), time.Hour), at(point(2, "a b.x"), time.Hour))
	e.check(t, "", at(point(2, "a b.x"), time.Hour-ownerIdle+1))
	e.check(t, "a b.x", at(point(2, "a b.x"), time.Hour-ownerIdle))
}

// A source that makes its keys at every walk may have several numbers for a series.
func TestEqualSeriesWithTwoNumbersDoNotCollide(t *testing.T) {
	e := newEncoder()
	for range 2 {
		e.check(t, "m.x m.y", point(1, "m.x"), point(2, "m.y"))
	}
	e.checkCounts(t, 0, 0)
}

// A series that pauses for long may come back with another number, while the one that
// it had is of no other series.
func TestSeriesThatComesBackKeepsItsName(t *testing.T) {
	e := newEncoder()
	e.check(t, "m.x o.x a_b.x", point(1, "m.x"), point(2, "o.x"), point(3, "a_b.x"), point(4, "a b.x"))
	e.check(t, "m.x", point(2, "m.x"))
	e.check(t, "m.x o.x", point(2, "m.x"), point(6, "o.x"))
	e.check(t, "a_b.x", point(5, "a_b.x"), point(4, "a b.x"))
	e.check(t, "o_p.x", point(3, "o_p.x"), point(1, "o p.x"))
	e.checkCounts(t, 2, 3)
}

func TestReceivedPointsAreNotCompared(t *testing.T) {
	e := newEncoder()
	e.check(t, "a b.x a_b.x a_b.f g", point(0, "a b.x"), point(0, "a_b.x"), point(0, "a_b.f g"))
	e.checkCounts(t, 0, 0)
}

func TestCollisionsAreLoggedOnceAMinuteWithBothNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		log := slog.New(slog.NewTextHandler(&text, nil))
		e := newEncoder()
		batch := []reporters.Point{
			point(1, "a_b.x"), point(2, "a b.x"), point(3, "c_d.x"), point(4, "c d.x"), point(5, "e_f.x"), point(6, "e f.x"),
		}
		for range 120 {
			e.encode(batch)
			e.LogCollisions(nil, "r")
			e.LogCollisions(log, "r")
			time.Sleep(time.Second)
		}
		e.encode([]reporters.Point{point(7, "g_h.x"), point(8, "g h.x")})
		e.LogCollisions(log, "r")
		got := text.String()
		if strings.Count(got, "\n") != 2 {
			t.Errorf("logged\n%s, want two records", got)
		}
		for _, want := range []string{`first="a_b x"`, `second="a\\ b x"`, "more=2", "reporter=r", `first="g_h x"`, "more=0"} {
			if !strings.Contains(got, want) {
				t.Errorf("logged\n%s, want %s in it", got, want)
			}
		}
	})
}

// The table stays right whatever hashes are near each other.
func TestIndexAgainstMap(t *testing.T) {
	var x index
	r := rand.New(rand.NewPCG(1, 2))
	want := map[uint64]uint32{}
	for range 20_000 {
		series := uint32(1 + r.IntN(500))
		if hash := x.hash(series); hash != 0 {
			if want[hash] == series {
				x.remove(series)
				delete(want, hash)
			}
			x.set(series, 0, 0)
			continue
		}
		hash := max(1, r.Uint64()>>(r.IntN(8)*8))
		if r.IntN(2) == 0 {
			hash = 1 + uint64(r.IntN(300))<<(8*r.IntN(8))
		}
		x.set(series, hash, 0)
		if owner := x.find(hash); owner != want[hash] {
			t.Fatalf("hash %x is of %d, want %d", hash, owner, want[hash])
		} else if owner == 0 {
			x.add(series)
			want[hash] = series
		}
	}
	if x.used != len(want) {
		t.Errorf("%d series are in the table, want %d", x.used, len(want))
	}
	for hash, series := range want {
		if x.find(hash) != series {
			t.Errorf("hash %x is of %d, want %d", hash, x.find(hash), series)
		}
	}
}

func TestMemoryOfASeries(t *testing.T) {
	const n = 100_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	e := newEncoder()
	for i := range uint32(n) {
		e.Claim(&reporters.Point{Series: i + 1}, uint64(i+1)*0x9e3779b97f4a7c15)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if per := float64(after.HeapAlloc-before.HeapAlloc) / n; per > 20 {
		t.Errorf("a series takes %.1f bytes, want 20 at most", per)
	} else {
		t.Logf("%.1f bytes a series", per)
	}
	runtime.KeepAlive(e)
}

func BenchmarkClaim(b *testing.B) {
	e := newEncoder()
	p := &reporters.Point{}
	text := []byte("app.function_times.success.Name")
	for b.Loop() {
		p.Series++
		text[0], text[1], text[2] = byte(p.Series), byte(p.Series>>8), byte(p.Series>>16)
		e.Claim(p, e.Hash(text))
	}
}
