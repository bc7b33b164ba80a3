package spool

import (
	"errors"
	"slices"
	"syscall"
	"testing"
)

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

// TestFailedTakeBackIsVoid has the records that were taken back stay in the file:
// neither the next process nor a View takes them for those that have their
// sequences now.
func TestFailedTakeBackIsVoid(t *testing.T) {
	sim := newSim()
	s := mustOpen(t, "d", testOptions(sim))
	appendRecords(t, s, 2)
	for range 3 {
		if _, err := s.Append(Meta{1, testTime(1)}, []byte("taken back")); err != nil {
			t.Fatal(err)
		}
	}
	sim.fail = func(o op) error {
		if o.call == "sync" || o.call == "truncate" {
			return syscall.EIO
		}
		return nil
	}
	if err := s.Sync(); err == nil {
		t.Fatal("Sync succeeded")
	}
	sim.fail = nil
	appendRecords(t, s, 5)
	if got := viewed(t, inspected(t, sim)); !slices.Equal(got, without(7)) {
		t.Errorf("records %v are shown", got)
	}
	s = reopened(t, sim.kill())
	if got := readSeqs(t, s); !slices.Equal(got, without(7)) {
		t.Errorf("records %v are read", got)
	}
	if st := s.Stats(); st.Damaged.Records != 0 || st.Duplicates != 3 {
		t.Errorf("%+v", st)
	}
}

// TestBadSectorIsLeft checks that a part of the disk that cannot be written is
// tried once.
func TestBadSectorIsLeft(t *testing.T) {
	sim := newSim()
	s := mustOpen(t, "d", testOptions(sim))
	appendRecords(t, s, 2)
	sim.fail = func(o op) error {
		if o.call == "write" && o.path == s.segs[0].name && o.off+int64(o.size) > 2000 && o.size > footerSize {
			return syscall.EIO
		}
		return nil
	}
	failures := 0
	for seq := s.next; seq <= 20; seq = s.next {
		if _, err := s.Append(Meta{testLines, testTime(seq)}, testBody(seq)); err != nil {
			failures++
		}
		if failures > 1 {
			t.Fatal("the same part is written again")
		}
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := readSeqs(t, s); failures != 1 || !slices.Equal(got, without(20)) {
		t.Errorf("records %v are read after %d failures", got, failures)
	}
}

func TestReserveIsKept(t *testing.T) {
	for _, tt := range []struct {
		name          string
		reserve, size int64
		spare         int64 // what is free beside the reserve and a segment
		want          error
	}{
		{"just enough", 1 << 20, 1 << 30, 0, nil},
		{"a byte short", 1 << 20, 1 << 30, -1, ErrReserve},
		{"5% of a small disk", 0, 100 << 20, 0, nil},
		{"a byte short of 5%", 0, 100 << 20, -1, ErrReserve},
		{"256 MiB of a large disk", 0, 100 << 30, 0, nil},
		{"a byte short of 256 MiB", 0, 100 << 30, -1, ErrReserve},
		{"none", -1, 1 << 30, -minSegmentBytes, nil},
	} {
		reserve := tt.reserve
		if reserve == 0 {
			reserve = min(tt.size/20, 256<<20)
		}
		o := testOptions(fixedSpace{newSim(), max(reserve, 0) + minSegmentBytes + tt.spare, tt.size})
		o.Reserve = tt.reserve
		s := mustOpen(t, "d", o)
		if _, err := s.Append(Meta{}, []byte("x")); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// A fixedSpace says how much space there is.
type fixedSpace struct {
	FS
	free, size int64
}

func (f fixedSpace) Space(string) (free, size int64, err error) { return f.free, f.size, nil }

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
