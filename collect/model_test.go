package collect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// model is a source of series that come, pause, go and move at random, and a
// plain map of what is known of them.
type model struct {
	rng    *rand.Rand
	keys   []monkit.SeriesKey // that have samples, in order
	paused []monkit.SeriesKey
	fields []string
	total  map[string]float64 // value of each field by its text
	absent map[string]bool    // fields without samples by their text
	want   []string           // texts of the samples of the last walk that are no duplicates
	made   int
	again  bool // tags are made again for each sample, as a transformer does
	twice  bool // the first series is emitted twice
}

func newModel(seed uint64) *model {
	rng := rand.New(rand.NewPCG(seed, 1))
	m := &model{
		rng: rng, fields: []string{"total", "value", "count"}, total: map[string]float64{}, absent: map[string]bool{},
		again: seed%2 == 1, twice: seed%3 == 1,
	}
	if seed == 5 { // some fields are in no chain
		for i := range 2 * maxChain {
			m.fields = append([]string{fmt.Sprintf("f%04d", i)}, m.fields...)
		}
	}
	return m
}

// change lets some series come, pause, come back and move.
func (m *model) change() {
	for range min(m.rng.IntN(4), 30-len(m.keys)) {
		m.keys = slices.Insert(m.keys, m.rng.IntN(len(m.keys)+1), monkit.NewSeriesKey("m").WithTag("i", fmt.Sprint(m.made)))
		m.made++
	}
	for range m.rng.IntN(4) {
		if n := len(m.keys); n > 0 {
			i := m.rng.IntN(n)
			m.paused = append(m.paused, m.keys[i])
			m.keys = slices.Delete(m.keys, i, i+1)
		}
	}
	for range m.rng.IntN(3) {
		if n := len(m.paused); n > 0 {
			i := m.rng.IntN(n)
			m.keys = append(m.keys, m.paused[i])
			m.paused = slices.Delete(m.paused, i, i+1)
		}
	}
	if n := len(m.keys); n > 0 {
		text := m.keys[m.rng.IntN(n)].WithField(m.fields[m.rng.IntN(len(m.fields))])
		m.absent[text] = !m.absent[text]
	}
	if n := len(m.keys); n > 1 && m.rng.IntN(4) == 0 {
		i, j := m.rng.IntN(n), m.rng.IntN(n)
		m.keys[i], m.keys[j] = m.keys[j], m.keys[i]
	}
}

func (m *model) Stats(cb func(monkit.SeriesKey, string, float64)) {
	emit := func(key monkit.SeriesKey, again bool) {
		for _, f := range m.fields {
			text := key.WithField(f)
			if m.absent[text] {
				continue
			}
			if !again {
				m.want = append(m.want, text)
				m.total[text] += float64(m.rng.IntN(3))
			}
			if k := key; m.again {
				k.Tags = new(monkit.TagSet).SetAll(key.Tags.All())
				cb(k, f, m.total[text])
			} else {
				cb(k, f, m.total[text])
			}
		}
	}
	m.want = m.want[:0]
	for i, key := range m.keys {
		emit(key, false)
		if m.twice && i == 0 {
			emit(key, true)
		}
	}
}

// check compares the points of a walk with the model, and adds what counters
// grew by to sums.
func (m *model) check(t *testing.T, points []reporters.Point, d *reporters.Deltas, sums map[string]float64) {
	t.Helper()
	if len(points) != len(m.want) {
		t.Fatalf("%d points, the model has %d", len(points), len(m.want))
	}
	ids, series := map[uint32]bool{}, map[string]reporters.Point{}
	for i, p := range points {
		text := p.Key.WithField(p.Field)
		if text != m.want[i] || p.Value != m.total[text] {
			t.Fatalf("point %d is %s with %v, the model has %s with %v", i, text, p.Value, m.want[i], m.total[text])
		}
		if ids[p.ID] || p.ID == 0 || p.Series == 0 {
			t.Fatalf("%s has the numbers %d and %d", text, p.Series, p.ID)
		}
		ids[p.ID] = true
		name := p.Key.String()
		if other, ok := series[name]; ok && (other.Series != p.Series || other.Key.Tags != p.Key.Tags) {
			t.Fatalf("%s differs in its fields", name)
		}
		series[name] = p
		if p.Kind == reporters.Counter {
			growth, _ := d.Next(&p, nil)
			sums[text] += growth
		}
	}
}

// What a reporter adds up of deltas is what counters have, whatever comes, pauses
// and goes: a number that was given to another series makes none look new.
func TestDeltasOfRandomWalksAddUpToTotals(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := newModel(seed)
			w := NewWalker(m)
			var d reporters.Deltas
			sums := map[string]float64{}
			var older reading // is used beside the walks, as by a slow reporter
			var want []reporters.Point
			walks := 1200 * 3 / len(m.fields)
			for walk := range max(walks, 4*idleWalks) {
				if walk%5 == 0 && walk/200%2 == 0 { // also longer than series may be idle without a change
					m.change()
				}
				var s sharedBatch
				if s.fill(w, time.Unix(int64(walk), 0)) {
					t.Fatal("the source panicked")
				}
				points := s.batch().Points
				m.check(t, points, &d, sums)
				if walk%90 == 0 {
					if got, _ := older.appendAll(); !slices.Equal(got, want) {
						t.Fatal("a reading changed after its walk")
					}
					older.release()
					older, want = s.reading, slices.Clone(points)
				} else {
					s.reading.release()
				}
			}
			for text, total := range m.total {
				if len(sums) > 0 && reporters.KindOf(text[len(text)-5:]) == reporters.Counter && sums[text] != total {
					t.Errorf("the deltas of %s add up to %v, its total is %v", text, sums[text], total)
				}
			}
			if m.twice && w.Duplicates() == 0 {
				t.Error("no duplicates are counted")
			}
			w.table.close()
			if n := inUse(&w.table.ids.points) + inUse(&w.table.ids.series); n != 0 {
				t.Errorf("%d numbers are in use after close", n)
			}
		})
	}
}

// appendAll returns all points of r, and none before its walk.
func (r *reading) appendAll() ([]reporters.Point, int) {
	if r.order == nil {
		return nil, 0
	}
	return r.appendFrom(nil, 0, r.points())
}

func TestTotalGetsItsNumberBackAfterAPause(t *testing.T) {
	l := listOf(3)
	w := NewWalker(l)
	defer w.table.close()
	before := numbers(t, w)
	all := l.keys
	l.keys = []monkit.SeriesKey{monkit.NewSeriesKey("other")}
	for range 3 * idleWalks {
		numbers(t, w)
		if w.table.entries.n < 3 { // the others are deleted; a new series takes a number
			l.keys = append(l.keys, monkit.NewSeriesKey(fmt.Sprint("new", len(l.keys))))
		}
	}
	for i, k := range all { // in other memory
		all[i] = monkit.NewSeriesKey("m").WithTag("i", k.Tags.Get("i"))
	}
	l.keys = append(l.keys, all...)
	got := numbers(t, w)
	for i := range all {
		if text := all[i].WithField("total"); got[text][1] != before[text][1] {
			t.Errorf("%s had the number %d and has %d", text, before[text][1], got[text][1])
		}
	}
	if n := w.table.parked.len(); n != 0 {
		t.Errorf("%d numbers are parked of totals that have samples", n)
	}
}

func TestParkedNumbersAreBounded(t *testing.T) {
	var p parked
	var released int
	for i := range uint32(3 * maxParked) {
		released += len(p.park(uint64(i), i+1))
		if p.len() > maxParked {
			t.Fatalf("%d numbers are parked", p.len())
		}
	}
	if released+p.len() != 3*maxParked || p.len() < maxParked/2 {
		t.Errorf("%d numbers are parked and %d released of %d", p.len(), released, 3*maxParked)
	}
	newest := uint32(3*maxParked - 1)
	if id, ok := p.take(uint64(newest)); !ok || id != newest+1 {
		t.Errorf("the newest is not parked: %d", id)
	}
	if former := p.park(2*maxParked+maxParked/2+5, 7); len(former) > 1 {
		t.Errorf("released %v for one number", former)
	}
	n := p.len()
	if all := p.close(); len(all) != n || p.len() != 0 {
		t.Errorf("close returns %d numbers of %d", len(all), n)
	}
}

// A series that pauses for less than idleWalks keeps its numbers, in whatever walk
// the pause begins.
func TestShortPauseKeepsNumbers(t *testing.T) {
	l := listOf(3)
	w := NewWalker(l)
	defer w.table.close()
	all := l.keys
	before := numbers(t, w)
	for i := range 3 {
		l.keys = all[:2]
		for range idleWalks - 1 {
			numbers(t, w)
		}
		l.keys = append([]monkit.SeriesKey{monkit.NewSeriesKey(fmt.Sprint("new", i))}, all...) // takes numbers that are free
		for range 7 {                                                                          // the next pause begins in another walk of 64
			for text, n := range numbers(t, w) {
				if was, ok := before[text]; ok && n != was {
					t.Fatalf("%s was %v, is %v", text, before[text], n)
				}
			}
		}
	}
}

// An index may have few elements of a long list.
func TestIndexFindsWhatWasAdded(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	hashes := map[int]uint32{}
	hashOf := func(i int) uint32 { return hashes[i] }
	var x index
	last := 0
	for range 5000 {
		last += 1 + rng.IntN(1000)
		hashes[last] = uint32(rng.IntN(4000)) << 20 // many are equal
		x.add(last, hashOf)
		if x.find(hashes[last], func(i int) bool { return i == last }) != last {
			t.Fatalf("%d is not found", last)
		}
	}
	for i, hash := range hashes {
		if x.find(hash, func(j int) bool { return j == i }) != i {
			t.Errorf("%d is not found", i)
		}
		if x.find(hash, func(int) bool { return false }) != -1 {
			t.Errorf("something is found that is not there")
		}
	}
	if x.n != len(hashes) || len(x.slots) > 8*len(hashes) {
		t.Errorf("%d of %d elements take %d slots", x.n, len(hashes), len(x.slots))
	}
}
