package spool

import (
	"errors"
	"io"
	"slices"
	"strings"
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
