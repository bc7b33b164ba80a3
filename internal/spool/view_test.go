package spool

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
)

// viewed reads all that a View shows.
func viewed(t *testing.T, v *View) (seqs []uint64) {
	t.Helper()
	for {
		rec, err := v.Next()
		if errors.Is(err, io.EOF) {
			return seqs
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if string(rec.Bytes) != string(testBody(rec.Seq)) || rec.Lines != testLines {
			t.Errorf("record %d is %.40q", rec.Seq, rec.Bytes)
		}
		seqs = append(seqs, rec.Seq)
	}
}

func inspected(t *testing.T, fsys FS) *View {
	t.Helper()
	v, err := Inspect("d", fsys)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestInspectWhileTheSpoolIsOpen(t *testing.T) {
	sim := newSim()
	s := mustOpen(t, "d", testOptions(sim))
	appendRecords(t, s, damageRecords)
	readSeqs(t, s)
	if err := errors.Join(s.Release(15), s.Sync()); err != nil {
		t.Fatal(err)
	}
	before := sim.ops
	v := inspected(t, sim)
	if got, want := viewed(t, v), without(damageRecords)[15:]; !slices.Equal(got, want) {
		t.Errorf("records %v are shown, want %v", got, want)
	}
	info := v.Info()
	if info.Identity != testIdentity || info.Format != testFormat || info.Released != 15 || info.CursorLost {
		t.Errorf("%+v", info)
	}
	if info.Pending != s.Stats().Pending || info.Missing+info.Damaged+info.Torn+info.Duplicates != 0 {
		t.Errorf("%+v, and Stats has %+v", info, s.Stats())
	}
	last := info.Segments[len(info.Segments)-1]
	if len(info.Segments) != s.Stats().Segments || last.Sealed || !info.Segments[0].Sealed || info.Segments[0].Total.Records == 0 {
		t.Errorf("%+v", info.Segments)
	}
	if err := v.Close(); err != nil || sim.ops != before {
		t.Errorf("the View changed something in %d calls: %v", sim.ops-before, err)
	}
}

// TestInspectWhileSegmentsAreRemoved releases all between two records.
func TestInspectWhileSegmentsAreRemoved(t *testing.T) {
	sim := newSim()
	s := mustOpen(t, "d", testOptions(sim))
	appendRecords(t, s, damageRecords)
	readSeqs(t, s)
	v := inspected(t, sim)
	if rec, err := v.Next(); err != nil || rec.Seq != 1 {
		t.Errorf("record %d, %v", rec.Seq, err)
	}
	if err := errors.Join(s.Release(damageRecords-1), s.Sync()); err != nil {
		t.Fatal(err)
	}
	got := viewed(t, v)
	if len(got) == 0 || got[len(got)-1] != damageRecords || v.Info().Missing != 0 {
		t.Errorf("records %v are shown, %d missing", got, v.Info().Missing)
	}
}

// TestInspectWhileARecordIsWritten checks that half a record at the end is no
// damage.
func TestInspectWhileARecordIsWritten(t *testing.T) {
	sim := filled(t, damageRecords, true)
	segments := sim.segments()
	data := sim.names[segments[len(segments)-1]].data
	end := offsets(t, data)[damageRecords][1]
	copy(data[end:], appendRecord(nil, damageRecords+1, Meta{}, testBody(1))[:100])
	v := inspected(t, sim)
	if got := viewed(t, v); len(got) != damageRecords || v.Info().Torn == 0 || v.Info().Damaged+v.Info().Missing != 0 {
		t.Errorf("records %v are shown: %+v", got, v.Info())
	}
}

// TestInspectWhileASegmentIsCreated has a View that was opened before the header of
// the newest segment was written, and reads it before the first record, or after.
func TestInspectWhileASegmentIsCreated(t *testing.T) {
	for _, read := range []string{"before the header", "after the header", "after a record", "while all is written"} {
		sim := filled(t, damageRecords, true)
		segments := sim.segments()
		last := sim.names[segments[len(segments)-1]]
		whole := bytes.Clone(last.data)
		clear(last.data)
		v := inspected(t, sim)
		if s := v.Info().Segments[len(segments)-1]; !s.Blank || s.HeaderDamaged {
			t.Errorf("%+v", s)
		}
		switch read {
		case "after the header":
			copy(last.data, whole[:headerSize])
		case "after a record":
			copy(last.data, whole)
		case "while all is written":
			sim.fail = func(o op) error {
				if o.call == "read" && o.path == filepath.Base(segments[len(segments)-1]) && o.off >= headerSize {
					copy(last.data, whole)
				}
				return nil
			}
		}
		got := viewed(t, v)
		if i := v.Info(); i.Damaged+i.Missing+i.Torn != 0 || (len(got) == damageRecords) != (read == "after a record" || read == "while all is written") {
			t.Errorf("%s: records %v are shown: %+v", read, got, i)
		}
	}
}

func TestInspectCountsDamage(t *testing.T) {
	base := filled(t, damageRecords, false)
	segments := base.segments()
	for _, tt := range []struct {
		name   string
		change func(sim *simFS)
		ok     func(Info) bool
	}{
		{"none", func(*simFS) {}, func(i Info) bool { return i.Damaged+i.Missing+i.Torn == 0 && !i.CursorLost }},
		{"flipped bit", func(s *simFS) { s.names[segments[0]].data[600] ^= 1 },
			func(i Info) bool { return i.Damaged > 300 && i.Missing == 1 }},
		{"header", func(s *simFS) { s.names[segments[1]].data[20] ^= 1 },
			func(i Info) bool { return i.Damaged == headerSize && i.Missing == 0 && i.Segments[1].HeaderDamaged }},
		{"header of zeros", func(s *simFS) { clear(s.names[segments[1]].data[:headerSize]) },
			func(i Info) bool { return i.Damaged == headerSize && i.Missing == 0 && i.Segments[1].HeaderDamaged }},
		{"segment gone", func(s *simFS) { delete(s.names, segments[1]) }, func(i Info) bool { return i.Missing > 5 }},
		{"end gone", func(s *simFS) { n := s.names[segments[0]]; n.data = n.data[:900] }, func(i Info) bool { return i.Missing > 5 }},
		{"no cursor", func(s *simFS) { delete(s.names, "d/cursor") }, func(i Info) bool { return i.CursorLost && i.Missing == 0 }},
		{"unreadable", func(s *simFS) {
			s.fail = func(o op) error {
				if o.call == "read" && o.path == filepath.Base(segments[0]) && o.off >= headerSize {
					return errDisk
				}
				return nil
			}
		}, func(i Info) bool { return i.Unreadable > 0 && i.Missing > 0 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim := base.clone()
			tt.change(sim)
			v := inspected(t, sim)
			got := viewed(t, v)
			if i := v.Info(); !tt.ok(i) || int64(len(got))+i.Missing != damageRecords {
				t.Errorf("records %v are shown: %+v", got, i)
			}
		})
	}
}

func TestInspectNothing(t *testing.T) {
	if _, err := Inspect(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	v, err := Inspect(t.TempDir(), nil)
	if err != nil || len(viewed(t, v)) != 0 || len(v.Info().Segments) != 0 {
		t.Errorf("an empty directory: %+v, %v", v, err)
	}
}

// TestInspectReportsWhatItCannotOpen checks that a segment that cannot be opened
// is not passed over in silence.
func TestInspectReportsWhatItCannotOpen(t *testing.T) {
	sim := filled(t, damageRecords, false)
	v := inspected(t, sim)
	sim.fail = func(o op) error {
		if o.call == "open" && o.path == filepath.Base(sim.segments()[0]) {
			return fs.ErrPermission
		}
		return nil
	}
	if _, err := v.Next(); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v", err)
	}
	if got := viewed(t, v); len(got) == 0 || len(got) == damageRecords {
		t.Errorf("then records %v are shown", got)
	}
}
