package spool

import (
	"errors"
	"testing"
)

// FuzzSegment reads a segment with arbitrary content, as it is and in the place
// of good records.
func FuzzSegment(f *testing.F) {
	// They are short: the engine takes a minute to make long ones short.
	f.Add([]byte{0xff}, uint16(headerSize+5))
	f.Add(make([]byte, 100), uint16(headerSize+10))
	f.Add(appendRecord(nil, 2, Meta{}, []byte("body")), uint16(headerSize))
	f.Add(appendRecord(appendRecord(nil, 6, Meta{}, []byte("a")), 8, Meta{}, []byte("b")), uint16(2300))
	f.Add(footer{first: 1, next: 6}.encode(), uint16(minSegmentBytes-footerSize))
	f.Add([]byte(recordMagic+recordMagic), uint16(1000))
	base := filled(f, 5, true)
	f.Fuzz(func(t *testing.T, data []byte, at uint16) {
		if len(data) > headerSize {
			return
		}
		sim := base.clone()
		n := sim.names[sim.segments()[0]]
		n.data = change{off: int64(at), data: append([]byte{}, data...)}.apply(n.data)
		s, err := Open("d", testOptions(sim))
		if errors.Is(err, ErrForeign) {
			return
		}
		var e *VersionError
		if errors.As(err, &e) && e.Version > version {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		fuzzRead(t, s)
		f := &segment{name: nameOfSegment(1, 0), first: 1, limit: noLimit, end: int64(len(n.data))}
		fuzzScan(t, n, f)
	})
}

// fuzzRead reads all records of a spool.
func fuzzRead(t *testing.T, s *Spool) {
	last := s.Stats().Released
	for {
		rec, err := s.Next()
		if err != nil {
			break
		}
		if rec.Seq <= last || len(rec.Bytes) == 0 || len(rec.Bytes) > MaxRecord {
			t.Fatalf("record %d of %d bytes follows %d", rec.Seq, len(rec.Bytes), last)
		}
		last = rec.Seq
	}
	st := s.Stats()
	if st.Unread != (Totals{}) || st.Damaged.Records < 0 || st.Damaged.Lines < 0 || st.Pending.Lines < 0 {
		t.Errorf("%+v", st)
	}
	appendRecords(t, s, 1)
}

// fuzzScan checks that each item of a scan begins where the one before ended,
// that records are what is in the file, and that memory is bounded.
func fuzzScan(t *testing.T, n *simNode, f *segment) {
	file := &simFile{fs: newSim(), node: n}
	sc := scanner{file: file, first: f.first, off: headerSize, end: f.end}
	for at := sc.off; ; {
		it, err := sc.next()
		if err != nil || it.from != at {
			t.Fatalf("an item from %d, want %d: %v", it.from, at, err)
		}
		if cap(sc.buf) > MaxRecord+recordHeaderSize+readAhead {
			t.Fatalf("the buffer has %d bytes", cap(sc.buf))
		}
		if it.kind == endOfRecords {
			break
		}
		if it.kind == goodRecord {
			raw := n.data[it.from:it.to]
			if order.Uint32(raw[8:]) != checksum(raw[12:]) || string(raw[recordHeaderSize:]) != string(it.record.Bytes) {
				t.Fatalf("the record at %d is not what is in the file", it.from)
			}
		}
		if at = sc.off; at < it.to {
			t.Fatalf("the scan stays at %d", at)
		}
	}
	if _, err := scanSegment(file, f, 0); err != nil {
		t.Fatal(err)
	}
}
