package spool

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestCursorIsAdvisory damages the position in all ways: records are read again,
// and none is lost.
func TestCursorIsAdvisory(t *testing.T) {
	const released = 20
	base := newSim()
	s := mustOpen(t, "d", testOptions(base))
	appendRecords(t, s, damageRecords)
	readSeqs(t, s)
	for _, seq := range []uint64{10, released} {
		if err := errors.Join(s.Release(seq), s.Sync()); err != nil {
			t.Fatal(err)
		}
	}
	base.kill()
	oldest := s.segs[0].first
	newer := s.cursor.durable.generation % 2 * slotStride
	other := newSim()
	o := mustOpen(t, "d", testOptions(other))
	appendRecords(t, o, damageRecords)
	readSeqs(t, o)
	if err := errors.Join(o.Release(25), o.Close()); err != nil {
		t.Fatal(err)
	}

	for _, tt := range []struct {
		name   string
		change func(data []byte) []byte // nil removes the file
		first  uint64
		lost   bool
	}{
		{"whole", func(b []byte) []byte { return b }, released + 1, false},
		{"missing", nil, oldest, true},
		{"empty", func([]byte) []byte { return nil }, oldest, true},
		{"cut in the first slot", func(b []byte) []byte { return b[:30] }, oldest, true},
		{"newer slot is damaged", func(b []byte) []byte { b[newer+40] ^= 4; return b }, max(oldest, 11), false},
		{"older slot is damaged", func(b []byte) []byte { b[slotStride-newer+40] ^= 4; return b }, released + 1, false},
		{"both slots are damaged", func(b []byte) []byte { b[20] ^= 1; b[slotStride+20] ^= 1; return b }, oldest, true},
		{"zeros", func(b []byte) []byte { clear(b); return b }, oldest, true},
		{"of another spool", func([]byte) []byte { return slices.Clone(other.names["d/cursor"].data) }, oldest, true},
		{"of a spool that was longer", func(b []byte) []byte {
			c := s.cursor.durable
			c.released, c.read, c.next, c.generation = 500, 500, 501, c.generation+1
			copy(b[slotStride-newer:], c.encode())
			return b
		}, 501, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim := base.clone()
			if tt.change == nil {
				delete(sim.names, "d/cursor")
			} else {
				sim.names["d/cursor"].data = tt.change(sim.names["d/cursor"].data)
			}
			s := reopened(t, sim)
			var want []uint64
			for seq := tt.first; seq <= damageRecords; seq++ {
				want = append(want, seq)
			}
			if got := readSeqs(t, s); !slices.Equal(got, want) {
				t.Errorf("records %v are read, want %v", got, want)
			}
			st := s.Stats()
			if st.CursorLost != tt.lost || st.Damaged.Records > 0 && tt.first < 500 {
				t.Errorf("%+v", st)
			}
			if tt.lost && (st.Redelivered.Records == 0 || st.Redelivered.Records > int64(len(want))) {
				t.Errorf("%d of %d records are redelivered", st.Redelivered.Records, len(want))
			}
			appendRecords(t, s, 1)
			if got := readSeqs(t, s); len(got) != 1 || got[0] < max(tt.first, damageRecords+1) {
				t.Errorf("after another Append, records %v are read", got)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if reopened(t, sim).Stats().CursorLost {
				t.Error("the position is lost again")
			}
		})
	}
}

// TestFailedWriteOfTheCursorKeepsSegments checks that nothing is removed before
// the position is durable.
func TestFailedWriteOfTheCursorKeepsSegments(t *testing.T) {
	for _, call := range []string{"write", "sync"} {
		sim := newSim()
		s := mustOpen(t, "d", testOptions(sim))
		appendRecords(t, s, damageRecords)
		readSeqs(t, s)
		if err := s.Release(damageRecords); err != nil {
			t.Fatal(err)
		}
		segments := len(sim.segments())
		sim.fail = func(o op) error {
			if o.call == call && o.path == cursorName {
				return errDisk
			}
			return nil
		}
		var e *UnwrittenError
		if err := s.Sync(); !errors.Is(err, errDisk) || errors.As(err, &e) {
			t.Errorf("%s: %v", call, err)
		}
		if n := len(sim.segments()); n != segments {
			t.Errorf("%s: %d segments are left of %d", call, n, segments)
		}
		after := sim.clone()
		for name, n := range sim.names { // the write of the position was lost
			after.names[name].data = slices.Clone(n.synced)
		}
		sim.fail = nil
		if err := s.Sync(); err != nil || len(sim.segments()) != 1 {
			t.Errorf("%s: then %v, and %d segments are left", call, err, len(sim.segments()))
		}
		reopened(t, after)
	}
}

// TestFoundPositionIsMadeDurable kills a process between writing the position and
// making it durable: the next one writes it again before it removes segments.
func TestFoundPositionIsMadeDurable(t *testing.T) {
	sim := newSim()
	s := mustOpen(t, "d", testOptions(sim))
	appendRecords(t, s, damageRecords)
	readSeqs(t, s)
	if err := s.Release(20); err != nil {
		t.Fatal(err)
	}
	sim.fail = func(o op) error {
		if o.call == "sync" && o.path == cursorName {
			return errCrash
		}
		return nil
	}
	if err := s.Sync(); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	sim.fail = nil
	s = reopened(t, sim.kill())
	segments := len(sim.segments())
	if err := s.Sync(); err != nil || len(sim.segments()) >= segments {
		t.Fatalf("%v, %d segments", err, len(sim.segments()))
	}
	if n := len(sim.names["d/cursor"].pending); n > 0 {
		t.Errorf("segments are removed, and %d changes of the position are not durable", n)
	}
}

// FuzzCursor reads a cursor with arbitrary content.
func FuzzCursor(f *testing.F) {
	good := slot{version: version, spoolID: 1, generation: 1, released: 2, read: 3, next: 4}.encode()
	f.Add(good)
	f.Add(append(slices.Clone(good), make([]byte, cursorSize)...))
	f.Add(slot{version: version + 1}.encode())
	base := filled(f, 3, false)
	f.Fuzz(func(t *testing.T, data []byte) {
		node := &simNode{data: data}
		slots, newer := readSlots(&simFile{fs: newSim(), node: node})
		if len(slots) > 2 || newer != 0 && (newer <= version || slots != nil) {
			t.Fatalf("%d slots, version %d", len(slots), newer)
		}
		for i, s := range slots {
			if s.released > s.read || s.read >= s.next || s.version > version {
				t.Errorf("slot %d is %+v", i, s)
			}
			s.version = order.Uint32(s.encode()[8:])
			if again, ok := decodeSlot(s.encode()); !ok || again != s {
				t.Errorf("slot %d is %+v, and %+v after encoding", i, s, again)
			}
		}
		if len(slots) == 2 && slots[0].generation < slots[1].generation {
			t.Errorf("the older slot is first: %+v", slots)
		}
		sim := base.clone()
		sim.names["d/cursor"].data = data
		s, err := Open("d", testOptions(sim))
		var e *VersionError
		if errors.As(err, &e) && newer != 0 {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := readSeqs(t, s); len(got) != 3 && len(slots) == 0 {
			t.Errorf("records %v are read", got)
		}
	})
}

// TestVersion1 reads a spool that version 1 wrote, byte for byte. Later versions
// add a folder, and keep this test.
func TestVersion1(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "v1"))); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir, Options{Identity: "influx+http://db.example:8086", Format: "influx", Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, want := range []struct {
		seq   uint64
		lines int
		ms    int64
		text  string
	}{
		{3, 2, 1700000003000, "cpu user=1 1700000003\ncpu user=2 1700000003\n"},
		{4, 1, 1700000004000, "mem free=3i 1700000004\n"},
		{6, 1, 1700000006000, "disk free=5i 1700000006\n"},
		{7, 1, 1700000007000, "net rx=6i 1700000007\n"},
	} {
		rec, err := s.Next()
		if err != nil || rec.Seq != want.seq || rec.Lines != want.lines || rec.Time.UnixMilli() != want.ms || string(rec.Bytes) != want.text {
			t.Errorf("%+v, %v; want %+v", rec, err, want)
		}
	}
	if st := s.Stats(); st.Damaged.Records != 1 || st.CursorLost || st.Released != 2 {
		t.Errorf("%+v", st)
	}
}
