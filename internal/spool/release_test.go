package spool

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestDropOldestMakesRoom(t *testing.T) {
	o := testOptions(newSim())
	o.MaxBytes = 3 * minSegmentBytes
	s := mustOpen(t, "d", o)
	appended, dropped := int64(0), Totals{}
	for seq := uint64(1); seq <= 100; seq++ {
		_, err := s.Append(Meta{testLines, testTime(seq)}, testBody(seq))
		if errors.Is(err, ErrFull) {
			d, dropErr := s.DropOldest()
			if dropErr != nil || d.Unread.Records == 0 || d.Unread.Lines != testLines*d.Unread.Records {
				t.Fatalf("%+v, %v", d, dropErr)
			}
			dropped.add(d.Unread)
			_, err = s.Append(Meta{testLines, testTime(seq)}, testBody(seq))
		}
		if err != nil {
			t.Fatal(err)
		}
		appended++
		if st := s.Stats(); st.DiskBytes > st.MaxBytes || st.DiskBytes > s.fs.(*simFS).used() {
			t.Fatalf("%d bytes of %d; the files have %d", st.DiskBytes, st.MaxBytes, s.fs.(*simFS).used())
		}
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	got := readSeqs(t, s)
	if int64(len(got))+dropped.Records != appended || got[len(got)-1] != 100 {
		t.Errorf("%d appended, %d dropped, %v read", appended, dropped.Records, got)
	}
	if st := s.Stats(); st.Dropped != dropped || st.Damaged.Records != 0 {
		t.Errorf("%+v, want %+v dropped", st, dropped)
	}
}

// TestDropOldestOfHeldRecords checks that what the reader has is not counted as
// unread, and that it may still release it.
func TestDropOldestOfHeldRecords(t *testing.T) {
	s := mustOpen(t, "d", testOptions(newSim()))
	appendRecords(t, s, damageRecords)
	for range 3 {
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
	}
	first := s.segs[0].next - 1
	d, err := s.DropOldest()
	if err != nil || d.Held.Records != 3 || d.Unread.Records != int64(first)-3 {
		t.Errorf("%+v, %v; the segment had %d records", d, err, first)
	}
	if err := s.Release(3); err != nil {
		t.Error(err)
	}
	if got, want := readSeqs(t, s), without(damageRecords)[first:]; !slices.Equal(got, want) {
		t.Errorf("records %v are read, want %v", got, want)
	}
	if st := s.Stats(); st.Released != first {
		t.Errorf("released up to %d, want %d", st.Released, first)
	}
}

// TestDropOldestOfTheLastSegment empties a spool, also of what is not durable.
func TestDropOldestOfTheLastSegment(t *testing.T) {
	s := mustOpen(t, "d", testOptions(newSim()))
	appendRecords(t, s, 2)
	if _, err := s.Append(Meta{testLines, testTime(3)}, testBody(3)); err != nil {
		t.Fatal(err)
	}
	if d, err := s.DropOldest(); err != nil || d.Unread.Records != 3 {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err := s.DropOldest(); err != nil || d != (Drop{}) {
		t.Errorf("from an empty spool: %+v, %v", d, err)
	}
	if st := s.Stats(); st.Pending != (Totals{}) || st.DiskBytes != 0 {
		t.Errorf("%+v", st)
	}
	appendRecords(t, s, 1)
	if got := readSeqs(t, s); !slices.Equal(got, []uint64{4}) {
		t.Errorf("records %v are read, want 4", got)
	}
}

// TestReleasedSegmentsAreRemovedFirst checks that DropOldest and a full spool
// drop nothing while something is released.
func TestReleasedSegmentsAreRemovedFirst(t *testing.T) {
	s := mustOpen(t, "d", testOptions(newSim()))
	appendRecords(t, s, damageRecords)
	readSeqs(t, s)
	if err := s.Release(15); err != nil {
		t.Fatal(err)
	}
	before := s.Stats().Segments
	d, err := s.DropOldest()
	if err != nil || d != (Drop{}) || s.Stats().Segments >= before || s.Stats().Pending.Records != damageRecords-15 {
		t.Errorf("%+v, %v, %+v", d, err, s.Stats())
	}
}

func TestReleaseOfWhatWasNotRead(t *testing.T) {
	s := mustOpen(t, "d", testOptions(newSim()))
	appendRecords(t, s, 3)
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	if err := s.Release(2); err == nil || !strings.Contains(err.Error(), "record 2 was not read; the last one was 1") {
		t.Errorf("%v", err)
	}
	if err := errors.Join(s.Release(1), s.Release(1), s.Release(0)); err != nil {
		t.Errorf("releasing again: %v", err)
	}
	if st := s.Stats(); st.Pending.Records != 2 || st.Released != 1 {
		t.Errorf("%+v", st)
	}
}

func TestRewindReturnsRecordsAgain(t *testing.T) {
	sim := newSim()
	s := mustOpen(t, "d", testOptions(sim))
	appendRecords(t, s, damageRecords)
	sim.names[sim.segments()[1]].data[700] ^= 1 // costs one record
	first := readSeqs(t, s)
	damaged := s.Stats().Damaged
	for i, released := range []uint64{0, 5, 20} {
		if err := errors.Join(s.Release(released), s.Rewind()); err != nil {
			t.Fatal(err)
		}
		if got := s.Stats(); got.Unread != got.Pending {
			t.Errorf("rewind %d: %+v", i, got)
		}
		var want []uint64
		for _, seq := range first {
			if seq > released {
				want = append(want, seq)
			}
		}
		if got := readSeqs(t, s); !slices.Equal(got, want) {
			t.Errorf("rewind %d: records %v are read, want %v", i, got, want)
		}
	}
	st := s.Stats()
	if st.Damaged != damaged || st.Unread != (Totals{}) || damaged.Records != 1 {
		t.Errorf("%+v is damaged, and was %+v", st.Damaged, damaged)
	}
	if want := int64(len(first) + len(first) - 5 + damageRecords - 20); st.Redelivered.Records != want {
		t.Errorf("%d are redelivered, want %d", st.Redelivered.Records, want)
	}
}

func TestHeldRecordsAreBounded(t *testing.T) {
	o := testOptions(newSim())
	o.SegmentBytes, o.MaxBytes = 8<<20, 32<<20
	s := mustOpen(t, "d", o)
	for range MaxHeld + 1 {
		if _, err := s.Append(Meta{}, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	for range MaxHeld {
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Next(); !errors.Is(err, ErrUnreleased) {
		t.Errorf("%v", err)
	}
	if err := s.Release(1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(); err != nil {
		t.Error(err)
	}
}

func TestHeldKeepsOrderWhenItGrows(t *testing.T) {
	var h held
	next, last := uint64(1), uint64(0)
	for round := range 200 {
		for range round % 7 * 5 {
			h.push(heldRecord{seq: next, totals: Totals{1, 1, 1}})
			next++
		}
		for range round % 5 * 4 {
			if h.first() == nil {
				break
			}
			if r := h.pop(); r.seq != last+1 {
				t.Fatalf("%d follows %d", r.seq, last)
			}
			last++
		}
	}
	if h.n == 0 || h.total.Records != int64(h.n) || int(next-1-last) != h.n {
		t.Errorf("%d are left, and the total is %+v", h.n, h.total)
	}
}

// TestFailedDropKeepsTheReader checks that Next goes on where it was.
func TestFailedDropKeepsTheReader(t *testing.T) {
	sim := newSim()
	s := mustOpen(t, "d", testOptions(sim))
	appendRecords(t, s, damageRecords)
	for range 3 {
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
	}
	sim.fail = failOn("remove", syscall.EROFS)
	if d, err := s.DropOldest(); !errors.Is(err, syscall.EROFS) || d != (Drop{}) {
		t.Errorf("%+v, %v", d, err)
	}
	sim.fail = nil
	if got, want := readSeqs(t, s), without(damageRecords, 1, 2, 3); !slices.Equal(got, want) {
		t.Errorf("records %v are read, want %v", got, want)
	}
	if st := s.Stats(); st.Duplicates != 0 || st.Pending.Records != damageRecords {
		t.Errorf("%+v", st)
	}
	if err := s.Rewind(); err != nil {
		t.Fatal(err)
	}
	if got := readSeqs(t, s); !slices.Equal(got, without(damageRecords)) {
		t.Errorf("after Rewind records %v are read", got)
	}
}
