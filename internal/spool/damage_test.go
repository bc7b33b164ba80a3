package spool

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const damageRecords = 27

// errDisk is the error of a disk that cannot read.
var errDisk = syscall.EIO

// TestFlippedBitCostsOneRecord flips a bit in each byte of the first segment in
// turn, before the spool is opened.
func TestFlippedBitCostsOneRecord(t *testing.T) {
	for _, killed := range []bool{false, true} {
		base := filled(t, damageRecords, killed)
		path := base.segments()[0]
		size := len(base.names[path].data)
		where := offsets(t, base.names[path].data)
		for off := range size {
			sim := base.clone()
			sim.names[path].data[off] ^= 1 << (off % 8)
			want := without(damageRecords, recordsAt(where, off, off+1)...)
			checkDamaged(t, sim, want, fmt.Sprintf("killed %v, bit in byte %d", killed, off))
			if t.Failed() {
				return
			}
		}
	}
}

// recordsAt returns the sequences of records that have bytes from one offset to
// another.
func recordsAt(where map[uint64][2]int, from, to int) (seqs []uint64) {
	for seq, span := range where {
		if span[0] < to && from < span[1] {
			seqs = append(seqs, seq)
		}
	}
	return seqs
}

// checkDamaged opens a spool of damageRecords, some of which are damaged.
func checkDamaged(t *testing.T, sim *simFS, want []uint64, how string) {
	t.Helper()
	s, err := Open("d", testOptions(sim))
	if err != nil {
		t.Errorf("%s: %v", how, err)
		return
	}
	got := readSeqs(t, s)
	if !slices.Equal(got, want) {
		t.Errorf("%s: records %v are read, want %v", how, got, want)
	}
	checkBalance(t, s, damageRecords, len(got))
	if st := s.Stats(); len(want) < damageRecords && st.Damaged.Bytes+st.Torn == 0 {
		t.Errorf("%s: no damaged bytes are counted", how)
	}
	appendRecords(t, s, 1)
	if rec, err := s.Next(); err != nil || rec.Seq <= damageRecords {
		t.Errorf("%s: after another Append record %d is read: %v", how, rec.Seq, err)
	}
}

// TestFlippedBitInOpenSpoolCostsOneRecord does the same between Sync and Next.
func TestFlippedBitInOpenSpoolCostsOneRecord(t *testing.T) {
	for off := range minSegmentBytes {
		sim := newSim()
		s := mustOpen(t, "d", testOptions(sim))
		appendRecords(t, s, damageRecords)
		data := sim.names[sim.segments()[0]].data
		if off >= len(data) {
			break
		}
		lost := recordsAt(offsets(t, data), off, off+1)
		data[off] ^= 1 << (off % 8)
		got := readSeqs(t, s)
		if want := without(damageRecords, lost...); !slices.Equal(got, want) {
			t.Fatalf("bit in byte %d: records %v are read, want %v", off, got, want)
		}
		checkBalance(t, s, damageRecords, len(got))
	}
}

func TestZeroedSectorCostsTheRecordsInIt(t *testing.T) {
	for _, killed := range []bool{false, true} {
		base := filled(t, damageRecords, killed)
		path := base.segments()[1]
		where := offsets(t, base.names[path].data)
		for off := 0; off+sector <= len(base.names[path].data); off += sector {
			sim := base.clone()
			clear(sim.names[path].data[off : off+sector])
			want := without(damageRecords, recordsAt(where, off, off+sector)...)
			checkDamaged(t, sim, want, fmt.Sprintf("killed %v, sector at %d", killed, off))
		}
	}
}

func TestTruncatedSegmentCostsItsEnd(t *testing.T) {
	base := filled(t, damageRecords, false)
	path := base.segments()[1]
	where := offsets(t, base.names[path].data)
	for size := range len(base.names[path].data) {
		sim := base.clone()
		n := sim.names[path]
		n.data = n.data[:size]
		want := without(damageRecords, recordsAt(where, size, len(base.names[path].data))...)
		s := mustOpen(t, "d", testOptions(sim))
		if got := readSeqs(t, s); !slices.Equal(got, want) {
			t.Fatalf("%d bytes: records %v are read, want %v", size, got, want)
		}
		checkBalance(t, s, damageRecords, len(want))
	}
}

// TestDamagedTail covers what a system that died leaves behind the last record.
func TestDamagedTail(t *testing.T) {
	random := make([]byte, 700)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	base := filled(t, damageRecords, true)
	segments := base.segments()
	path := segments[len(segments)-1]
	where := offsets(t, base.names[path].data)
	end := where[damageRecords][1]
	for _, tt := range []struct {
		name   string
		change func(data []byte) []byte
		lost   []uint64
		torn   bool
	}{
		{"zeros are the end", func(b []byte) []byte { return b }, nil, false},
		{"no zeros", func(b []byte) []byte { return b[:end] }, nil, false},
		{"garbage", func(b []byte) []byte { copy(b[end:], random); return b }, nil, true},
		{"garbage after zeros", func(b []byte) []byte { copy(b[end+200:], random); return b }, nil, true},
		{"a magic alone", func(b []byte) []byte { copy(b[end:], recordMagic); return b }, nil, true},
		{"half a record", func(b []byte) []byte {
			copy(b[end:], appendRecord(nil, damageRecords+1, Meta{}, testBody(1))[:150])
			return b
		}, nil, true},
		{"last record cut", func(b []byte) []byte { return b[:end-1] }, []uint64{damageRecords}, true},
		{"length beyond the segment", func(b []byte) []byte {
			copy(b[end:], appendRecord(nil, damageRecords+1, Meta{}, make([]byte, 5000)))
			return b
		}, nil, true},
		{"a whole record with a sequence of elsewhere", func(b []byte) []byte {
			copy(b[end:], appendRecord(nil, 1<<40, Meta{}, testBody(1)))
			return b
		}, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim := base.clone()
			sim.names[path].data = tt.change(sim.names[path].data)
			s := mustOpen(t, "d", testOptions(sim))
			if got, want := readSeqs(t, s), without(damageRecords, tt.lost...); !slices.Equal(got, want) {
				t.Errorf("records %v are read, want %v", got, want)
			}
			st := s.Stats()
			if st.Torn > 0 != tt.torn || st.Damaged.Bytes != 0 {
				t.Errorf("%d torn and %d damaged bytes", st.Torn, st.Damaged.Bytes)
			}
			if st.BadFiles > 0 != tt.torn || st.BadBytes != st.Torn {
				t.Errorf("%d torn bytes are kept in %d files of %d bytes", st.Torn, st.BadFiles, st.BadBytes)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if st := reopened(t, sim).Stats(); st.Torn != 0 {
				t.Errorf("%d bytes are torn again", st.Torn)
			}
		})
	}
}

func reopened(t *testing.T, sim *simFS) *Spool {
	t.Helper()
	return mustOpen(t, "d", testOptions(sim))
}

func TestMissingSegmentIsCounted(t *testing.T) {
	base := filled(t, damageRecords, false)
	for i, path := range base.segments() {
		sim := base.clone()
		var lost []uint64
		for seq := range offsets(t, sim.names[path].data) {
			lost = append(lost, seq)
		}
		delete(sim.names, path)
		if i == len(base.segments())-1 {
			// The position has the sequence after the last durable record only
			// if it was written since.
			s := reopened(t, sim)
			if got, want := readSeqs(t, s), without(damageRecords, lost...); !slices.Equal(got, want) {
				t.Errorf("without %s records %v are read, want %v", path, got, want)
			}
			continue
		}
		checkMissing(t, sim, without(damageRecords, lost...), path)
	}
}

func checkMissing(t *testing.T, sim *simFS, want []uint64, path string) {
	t.Helper()
	s := reopened(t, sim)
	got := readSeqs(t, s)
	if !slices.Equal(got, want) {
		t.Errorf("without %s records %v are read, want %v", path, got, want)
	}
	checkBalance(t, s, damageRecords, len(got))
}

// TestMissingEndIsCounted checks that records that were durable when the position
// was written are missing if the last segments are gone, and that their sequences
// are not used again.
func TestMissingEndIsCounted(t *testing.T) {
	sim := newSim()
	s := mustOpen(t, "d", testOptions(sim))
	appendRecords(t, s, damageRecords)
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Release(1), s.Sync()); err != nil {
		t.Fatal(err)
	}
	sim.kill()
	segments := sim.segments()
	lost := offsets(t, sim.names[segments[len(segments)-1]].data)
	delete(sim.names, segments[len(segments)-1])
	s = reopened(t, sim)
	if st := s.Stats(); st.Damaged.Records != int64(len(lost)) || st.Damaged.Lines != testLines*int64(len(lost)) {
		t.Errorf("%+v are missing, want %d records", st.Damaged, len(lost))
	}
	if s.next != damageRecords+1 {
		t.Errorf("the next record has the sequence %d", s.next)
	}
}

// TestGapIsCountedOnce opens a spool twice whose writer died, with damage in the
// last segment. The second time the segment has a footer.
func TestGapIsCountedOnce(t *testing.T) {
	sim := filled(t, 5, true)
	sim.names[sim.segments()[0]].data[headerSize+400] ^= 1 // in the second record
	for i, damaged := range []int64{1, 0} {
		s := reopened(t, sim)
		if got, want := readSeqs(t, s), without(5, 2); !slices.Equal(got, want) {
			t.Errorf("records %v are read, want %v", got, want)
		}
		if st := s.Stats(); st.Damaged.Records != damaged || st.Damaged.Lines != damaged*testLines {
			t.Errorf("open %d: %+v, want %d records", i, st.Damaged, damaged)
		}
		sim.kill()
	}
}

// TestMagicAcrossTwoReads has a damaged record end where a part of a segment that
// is searched at once ends.
func TestMagicAcrossTwoReads(t *testing.T) {
	for _, short := range []int{0, 1, 2, 3, 4} {
		sim := newSim()
		o := testOptions(sim)
		o.SegmentBytes, o.MaxBytes = 256<<10, 1<<20
		s := mustOpen(t, "d", o)
		for _, size := range []int{64<<10 - recordHeaderSize - short, 100} {
			if _, err := s.Append(Meta{}, make([]byte, size)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Sync(); err != nil {
			t.Fatal(err)
		}
		sim.names[sim.segments()[0]].data[headerSize+5] ^= 1
		if rec, err := s.Next(); err != nil || rec.Seq != 2 {
			t.Errorf("%d bytes before the end: record %d is read, %v", short, rec.Seq, err)
		}
	}
}

// TestManyMagicsTakeLittleTime has segments full of headers that claim to begin
// records of the largest size, and counts the bytes of the CRCs by their reads.
func TestManyMagicsTakeLittleTime(t *testing.T) {
	sim := newSim()
	o := testOptions(sim)
	o.SegmentBytes, o.MaxBytes = 4<<20, 16<<20
	s := mustOpen(t, "d", o)
	fake := appendRecord(nil, 3, Meta{}, []byte("x"))[:recordHeaderSize]
	order.PutUint32(fake[4:], 1<<20-2000)
	body := bytes.Repeat(fake, MaxRecord/len(fake))
	for range 3 {
		if _, err := s.Append(Meta{}, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	data := sim.names[sim.segments()[0]].data
	for seq, at := range offsets(t, data) {
		if seq < 3 {
			data[at[0]+5] ^= 1
		}
	}
	read := 0
	sim.fail = func(o op) error {
		read += o.size
		return nil
	}
	if rec, err := s.Next(); err != nil || rec.Seq != 3 {
		t.Errorf("record %d is read, %v", rec.Seq, err)
	}
	if read > 200<<20 {
		t.Errorf("%d MiB were read", read>>20)
	}
}

// TestSegmentRemovedWhileOpen removes a segment that the reader has not reached.
func TestSegmentRemovedWhileOpen(t *testing.T) {
	sim := newSim()
	s := mustOpen(t, "d", testOptions(sim))
	appendRecords(t, s, damageRecords)
	path := sim.segments()[1]
	var lost []uint64
	for seq := range offsets(t, sim.names[path].data) {
		lost = append(lost, seq)
	}
	delete(sim.names, path)
	if got, want := readSeqs(t, s), without(damageRecords, lost...); !slices.Equal(got, want) {
		t.Errorf("records %v are read, want %v", got, want)
	}
	checkBalance(t, s, damageRecords, damageRecords-len(lost))
}

func TestCopiedSegmentIsReadOnce(t *testing.T) {
	for _, name := range []string{"00000000000000000001-1.seg", "00000000000000000005.seg", "00000000000000009999.seg"} {
		sim := filled(t, damageRecords, false)
		for i, path := range sim.segments()[:2] {
			c := *sim.names[path]
			c.data = slices.Clone(c.data)
			sim.names[filepath.Join("d", fmt.Sprintf("%s%d%s", name[:19], i+5, name[20:]))] = &c
		}
		s := reopened(t, sim)
		if got, want := readSeqs(t, s), without(damageRecords); !slices.Equal(got, want) {
			t.Errorf("with a copy named like %s records %v are read", name, got)
		}
		if st := s.Stats(); st.Duplicates == 0 || st.Damaged.Records != 0 {
			t.Errorf("with a copy named like %s: %d duplicates, %d damaged", name, st.Duplicates, st.Damaged.Records)
		}
		appendRecords(t, s, 20)
		if got := readSeqs(t, s); len(got) != 20 || got[0] != damageRecords+1 {
			t.Errorf("after 20 more, records %v are read", got)
		}
	}
}

// TestDamagedBytesAreKeptOnce checks the copies for a damaged record, and that
// they have a bound.
func TestDamagedBytesAreKept(t *testing.T) {
	sim := filled(t, damageRecords, false)
	path := sim.segments()[0]
	at := offsets(t, sim.names[path].data)[3]
	sim.names[path].data[at[0]+40] ^= 1
	want := string(sim.names[path].data[at[0]:at[1]])
	for range 2 {
		s := reopened(t, sim)
		readSeqs(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for name, n := range sim.names {
			if strings.HasSuffix(name, ".bad") {
				got = append(got, string(n.data))
			}
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%d copies, want one with the record: %.80q", len(got), got)
		}
	}
	var bad badFiles
	for i := range 2 * maxBadFiles {
		f := &simFile{fs: sim, node: &simNode{data: make([]byte, 100<<10)}}
		bad.keep(sim, "d", fmt.Sprintf("%020d.seg", i), f, span{0, 100 << 10})
	}
	if bad.bytes != maxBadBytes || bad.files > maxBadFiles {
		t.Errorf("%d files of %d bytes are kept", bad.files, bad.bytes)
	}
	bad = badFiles{}
	for i := range 2 * maxBadFiles {
		bad.keep(sim, "d", fmt.Sprintf("%020d.seg", 1000+i), &simFile{fs: sim, node: &simNode{data: []byte("x")}}, span{0, 1})
	}
	if bad.bytes != maxBadFiles || bad.files != maxBadFiles {
		t.Errorf("%d files of %d bytes are kept", bad.files, bad.bytes)
	}
}

// TestUnreadableSegment checks that a part that the disk cannot read costs what is
// in it, and that a disk that is gone costs nothing.
func TestUnreadableSegment(t *testing.T) {
	for _, whole := range []bool{false, true} {
		sim := newSim()
		o := testOptions(sim)
		o.SegmentBytes, o.MaxBytes = 16*blockSize, 64*blockSize
		s := mustOpen(t, "d", o)
		appendRecords(t, s, 300) // about 100 KiB
		path := sim.segments()[0]
		lost := recordsAt(offsets(t, sim.names[path].data), blockSize, 2*blockSize)
		broken := true
		sim.fail = func(o op) error {
			if broken && o.call == "read" && (whole || o.path == filepath.Base(path) && o.off < 2*blockSize && o.off+int64(o.size) > blockSize) {
				return errDisk
			}
			return nil
		}
		var got []uint64
		failures := 0
		for range 20 {
			rec, err := s.Next()
			if err == nil {
				got = append(got, rec.Seq)
			} else {
				failures++
			}
		}
		broken = broken && !whole // the disk is back
		for rec, err := s.Next(); err == nil; rec, err = s.Next() {
			got = append(got, rec.Seq)
		}
		if whole {
			lost = nil
		}
		if want := without(300, lost...); !slices.Equal(got, want) {
			t.Errorf("whole disk %v: records %v are read, want %v", whole, got, want)
		}
		if whole && failures != 20 || !whole && failures != maxReadFailures-1 {
			t.Errorf("whole disk %v: Next failed %d times", whole, failures)
		}
		if st := s.Stats(); st.Unreadable > 0 == whole || st.Unread.Records != 0 || st.Damaged.Records != int64(len(lost)) {
			t.Errorf("whole disk %v: %+v", whole, st)
		}
	}
}

// TestUnreadableWhileOpening checks that what the disk cannot read when the spool
// is opened is read when it can. Only of the last segment it is not known what is
// in it; its sequences are used again.
func TestUnreadableWhileOpening(t *testing.T) {
	sim := filled(t, damageRecords, true)
	segments := sim.segments()
	var lost []uint64
	for seq := range offsets(t, sim.names[segments[len(segments)-1]].data) {
		lost = append(lost, seq)
	}
	broken := true
	sim.fail = func(o op) error {
		if broken && o.call == "read" && o.off >= headerSize && filepath.Ext(o.path) == ".seg" {
			return errDisk
		}
		return nil
	}
	s := reopened(t, sim)
	broken = false
	appendRecords(t, s, 2)
	if got, want := readSeqs(t, s), without(damageRecords, lost...); !slices.Equal(got[:len(got)-2], want) {
		t.Errorf("records %v are read, want %v and 2 more", got, want)
	}
}

// TestOpenWaitsForTheDisk checks that a disk that is gone is not taken for damage.
func TestOpenWaitsForTheDisk(t *testing.T) {
	sim := filled(t, damageRecords, true)
	sim.fail = func(o op) error {
		if o.call == "read" {
			return errDisk
		}
		return nil
	}
	if _, err := Open("d", testOptions(sim)); !errors.Is(err, errUnreadable) {
		t.Errorf("Open returned %v", err)
	}
	sim.fail = nil
	if got, want := readSeqs(t, reopened(t, sim)), without(damageRecords); !slices.Equal(got, want) {
		t.Errorf("records %v are read, want all", got)
	}
}
