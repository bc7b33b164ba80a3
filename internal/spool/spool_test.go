package spool

import (
	"errors"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRecordsAreReadInOrder(t *testing.T) {
	dir := t.TempDir() + "/new/spool"
	s := mustOpen(t, dir, testOptions(nil))
	if _, err := s.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("an empty spool returns %v", err)
	}
	appendRecords(t, s, 100)
	if got := readSeqs(t, s); !slices.Equal(got, without(100)) {
		t.Errorf("records %v are read", got)
	}
	st := s.Stats()
	if st.Pending != (Totals{100, 300, st.Pending.Bytes}) || st.Unread != (Totals{}) || st.Segments < 5 {
		t.Errorf("%+v", st)
	}
	if err := s.Release(60); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir, testOptions(nil))
	if got, want := readSeqs(t, s), without(100)[60:]; !slices.Equal(got, want) {
		t.Errorf("records %v are read again, want %v", got, want)
	}
	if st := s.Stats(); st.Redelivered.Records != 40 || st.Redelivered.Lines != 120 {
		t.Errorf("%d records with %d lines are redelivered, want 40 with 120", st.Redelivered.Records, st.Redelivered.Lines)
	}
	if err := errors.Join(s.Release(100), s.Sync()); err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.Pending != (Totals{}) || st.DiskBytes != 0 || st.Segments != 0 || !st.Oldest.IsZero() {
		t.Errorf("after all is released: %+v", st)
	}
	appendRecords(t, s, 1)
	if got := readSeqs(t, s); !slices.Equal(got, []uint64{101}) {
		t.Errorf("records %v are read, want 101", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestNextReturnsDurableRecordsOnly(t *testing.T) {
	s := mustOpen(t, "d", testOptions(newSim()))
	appendRecords(t, s, 1)
	if _, err := s.Append(Meta{testLines, testTime(2)}, testBody(2)); err != nil {
		t.Fatal(err)
	}
	if got := readSeqs(t, s); !slices.Equal(got, []uint64{1}) {
		t.Errorf("records %v are read before Sync", got)
	}
	if st := s.Stats(); st.Unsynced.Records != 1 || st.Pending.Records != 2 {
		t.Errorf("%+v", st)
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := readSeqs(t, s); !slices.Equal(got, []uint64{2}) {
		t.Errorf("records %v are read after Sync", got)
	}
}

func TestAppendRejects(t *testing.T) {
	s := mustOpen(t, "d", testOptions(newSim()))
	for _, tt := range []struct {
		name string
		meta Meta
		size int
		want string
	}{
		{"nothing", Meta{}, 0, "empty"},
		{"more than fits into a segment", Meta{}, s.MaxRecord() + 1, "too large"},
		{"a negative number of lines", Meta{Lines: -1}, 1, "-1 lines"},
	} {
		if _, err := s.Append(tt.meta, make([]byte, tt.size)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := s.Append(Meta{}, make([]byte, s.MaxRecord()+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v is not ErrTooLarge", err)
	}
	if _, err := s.Append(Meta{}, make([]byte, s.MaxRecord())); err != nil {
		t.Error(err)
	}
	if st := s.Stats(); st.Pending.Records != 1 {
		t.Errorf("%d records are pending", st.Pending.Records)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    Options
		want string
	}{
		{"a segment that is too small", Options{SegmentBytes: 100}, "at least 4096"},
		{"a bound that is too small", Options{MaxBytes: 4000}, "at least 4096"},
		{"a bound of one segment", Options{SegmentBytes: 8192, MaxBytes: 8192}, "at least two segments"},
		{"an identity that is too long", Options{Identity: strings.Repeat("x", 256)}, "at most 255"},
		{"a format that is too long", Options{Format: strings.Repeat("x", 64)}, "at most 63"},
	} {
		tt.o.FS = newSim()
		if _, err := Open("d", tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	o, err := Options{MaxBytes: 1 << 20}.withDefaults()
	if err != nil || o.SegmentBytes != 256<<10 {
		t.Errorf("a bound of 1 MiB has segments of %d: %v", o.SegmentBytes, err)
	}
	if o, _ := (Options{}).withDefaults(); o.SegmentBytes != 8<<20 || o.MaxBytes != 1<<30 || o.maxRecord() != MaxRecord {
		t.Errorf("the defaults are %+v", o)
	}
}

func TestClosedSpool(t *testing.T) {
	s := mustOpen(t, "d", testOptions(newSim()))
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	_, appendErr := s.Append(Meta{}, []byte("x"))
	_, nextErr := s.Next()
	_, dropErr := s.DropOldest()
	for i, err := range []error{appendErr, nextErr, dropErr, s.Sync(), s.Release(0), s.Rewind()} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("method %d returned %v", i, err)
		}
	}
}

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

// TestClock checks that a clock that jumps changes ages alone.
func TestClock(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	for _, tt := range []struct {
		name  string
		times []time.Duration // of the records, after now
		now   time.Duration
		age   time.Duration
	}{
		{"steady", []time.Duration{0, time.Second, 2 * time.Second}, 5 * time.Second, 5 * time.Second},
		{"back", []time.Duration{0, time.Second, 2 * time.Second}, -time.Hour, 2 * time.Second},
		{"back between records", []time.Duration{0, -time.Hour}, 0, time.Hour},
		{"forward between records", []time.Duration{0, time.Hour}, 2 * time.Second, time.Hour},
		{"empty", nil, time.Second, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim := newSim()
			s := mustOpen(t, "d", testOptions(sim))
			for _, d := range tt.times {
				if _, err := s.Append(Meta{1, now.Add(d)}, []byte("x")); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				if age := s.Stats().Age(now.Add(tt.now)); age != tt.age {
					t.Errorf("the age is %v, want %v", age, tt.age)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = reopened(t, sim)
			}
			for _, d := range tt.times {
				rec, err := s.Next()
				if err != nil || !rec.Time.Equal(now.Add(d)) {
					t.Errorf("record %d is of %v, want %v: %v", rec.Seq, rec.Time, now.Add(d), err)
				}
			}
		})
	}
}

// TestAgeAfterIdleTime checks that a record in a segment of long ago is as old as
// it is, and not as the segment.
func TestAgeAfterIdleTime(t *testing.T) {
	s := mustOpen(t, "d", testOptions(newSim()))
	now := time.UnixMilli(1_700_000_000_000)
	for _, at := range []time.Time{now, now.Add(10 * time.Hour)} {
		if _, err := s.Append(Meta{1, at}, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if age := s.Stats().Age(at.Add(time.Second)); age != time.Second {
			t.Errorf("the age is %v", age)
		}
		if err := s.Sync(); err != nil {
			t.Fatal(err)
		}
		rec, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if age := s.Stats().Age(at.Add(time.Minute)); age != time.Minute {
			t.Errorf("while it is delivered the age is %v", age)
		}
		if err := s.Release(rec.Seq); err != nil {
			t.Fatal(err)
		}
		if age := s.Stats().Age(at.Add(time.Hour)); age != 0 {
			t.Errorf("with nothing pending the age is %v", age)
		}
	}
}

// TestStatsIsConcurrent reads the state while records are appended and read. The
// race detector judges.
func TestStatsIsConcurrent(t *testing.T) {
	s := mustOpen(t, "d", testOptions(newSim()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		appendRecords(t, s, damageRecords)
		readSeqs(t, s)
	}()
	for {
		if st := s.Stats(); st.Pending.Lines != testLines*st.Pending.Records {
			t.Fatalf("%+v", st)
		}
		select {
		case <-done:
			return
		default:
		}
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

func TestFailedSyncTakesRecordsBack(t *testing.T) {
	sim := newSim()
	s := mustOpen(t, "d", testOptions(sim))
	appendRecords(t, s, 2)
	for seq := uint64(3); seq <= 5; seq++ {
		if _, err := s.Append(Meta{testLines, testTime(seq)}, testBody(seq)); err != nil {
			t.Fatal(err)
		}
	}
	sim.fail = failOn("sync", syscall.EIO)
	err := s.Sync()
	var e *UnwrittenError
	if !errors.As(err, &e) || !errors.Is(err, syscall.EIO) || e.First != 3 || e.Last != 5 || e.Lost.Records != 3 || e.Lost.Lines != 9 {
		t.Fatalf("%+v, %v", e, err)
	}
	if st := s.Stats(); st.Pending.Records != 2 || st.Unwritten != e.Lost || st.NextSeq != 3 {
		t.Errorf("%+v", st)
	}
	sim.fail = nil
	appendRecords(t, s, 3)
	if st := s.Stats(); st.Segments != 2 {
		t.Errorf("%d segments, want another one", st.Segments)
	}
	if got := readSeqs(t, s); !slices.Equal(got, without(5)) {
		t.Errorf("records %v are read", got)
	}
	if got := readSeqs(t, reopened(t, sim.kill())); !slices.Equal(got, without(5)) {
		t.Errorf("after a restart records %v are read", got)
	}
}

// failOn returns a fault of all calls with a name.
func failOn(call string, err error) func(op) error {
	return func(o op) error {
		if o.call == call {
			return err
		}
		return nil
	}
}

// TestFullFileSystem covers what a file system without space does.
func TestFullFileSystem(t *testing.T) {
	for _, tt := range []struct {
		name    string
		noAlloc bool
		reserve int64
		fail    func(op) error
		want    error
	}{
		{"space is reserved for a whole segment", false, -1, failOn("allocate", syscall.ENOSPC), syscall.ENOSPC},
		{"space is not reserved", true, -1, failOn("write", syscall.ENOSPC), syscall.ENOSPC},
		{"no file can be created", false, -1, failOn("create", syscall.ENOSPC), syscall.ENOSPC},
		{"no name can be added", false, -1, failOn("syncdir", syscall.ENOSPC), syscall.ENOSPC},
		{"space for others", false, 1 << 30, nil, ErrReserve},
		{"5% for others", false, 0, nil, ErrReserve},
		{"no space for a segment", false, -1, nil, syscall.ENOSPC},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim := newSim()
			sim.noAlloc = tt.noAlloc
			o := testOptions(sim)
			o.Reserve = tt.reserve
			s := mustOpen(t, "d", o)
			if tt.want != ErrReserve {
				appendRecords(t, s, 5)
			}
			if sim.fail = tt.fail; tt.fail == nil {
				sim.free = cursorSize + minSegmentBytes + 100
			}
			for seq := s.next; seq < 20; seq++ {
				if _, err := s.Append(Meta{testLines, testTime(seq)}, testBody(seq)); err != nil {
					if !errors.Is(err, tt.want) {
						t.Errorf("%v, want %v", err, tt.want)
					}
					break
				}
			}
			if s.next == 20 {
				t.Error("nothing failed")
			}
			files := len(sim.names)
			if _, err := s.Append(Meta{testLines, testTime(1)}, testBody(1)); !errors.Is(err, tt.want) || len(sim.names) != files {
				t.Errorf("again: %v; %d files and before %d", err, len(sim.names), files)
			}
			sim.fail, sim.free = nil, 0
			if tt.reserve > 0 {
				s.opts.Reserve = -1
			}
			appendRecords(t, s, 3)
			if got := readSeqs(t, s); !slices.Equal(got, without(s.next-1)) {
				t.Errorf("records %v are read, want up to %d", got, s.next-1)
			}
			if st := s.Stats(); st.Preallocated == tt.noAlloc || st.Damaged.Records != 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}
