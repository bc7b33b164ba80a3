package spool

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// A segment is a file of records.
type segment struct {
	name   string
	id     uint64 // of the spool; 0 if the header is damaged
	first  uint64 // sequence of the first record
	next   uint64 // sequence after the last record that is known
	limit  uint64 // records from this sequence on are void, since the next segment has them
	size   int64  // of the file, which counts against MaxBytes
	start  int64  // offset of the first record that is not released
	end    int64  // offset behind the last record
	sealed bool   // gets no more records

	unread         Totals // what Next has not returned yet
	oldest, newest int64  // unix ms, of its records
	waiting        int64  // unix ms, of the oldest one that was appended since all was read
	counted        int64  // offset up to which damage was found before and is counted
	gaps           int64  // records that were missing when the footer was written
	unsure         bool   // parts could not be read when the spool was opened, and may hold records
}

// segmentName matches the names of segments. Only if the name is in use has
// another segment with the same first sequence a number at the end.
var segmentName = regexp.MustCompile(`^([0-9]{20})(?:-[1-9])?\.seg$`)

func nameOfSegment(first uint64, n int) string {
	if n == 0 {
		return fmt.Sprintf("%020d.seg", first)
	}
	return fmt.Sprintf("%020d-%d.seg", first, n)
}

// A file is a segment as it is found in a directory.
type file struct {
	segment
	header    header // without identity and format if it is damaged
	footer    footer
	hasHeader bool
	hasFooter bool
	blank     bool // the first sector has zeros alone, as that of a file that was created and not written
	confirmed bool // there is more than the name that says what its first sequence is
	fileSize  int64
}

// inspect reads header and footer of a segment. A part that is damaged is left
// out. It returns a VersionError for a segment of a newer version.
func inspect(fsys FS, dir string, e Entry) (file, error) {
	seq, _ := strconv.ParseUint(segmentName.FindStringSubmatch(e.Name)[1], 10, 64)
	f := file{fileSize: e.Size, segment: segment{name: e.Name, first: max(seq, 1), limit: noLimit, size: e.Size, start: headerSize, end: e.Size, sealed: true}}
	f.next = f.first
	in, err := fsys.Open(filepath.Join(dir, e.Name), false)
	if err != nil {
		return f, err
	}
	defer in.Close()
	f.readHeader(in)
	if f.hasHeader && f.header.version > version {
		return f, &VersionError{File: filepath.Join(dir, e.Name), Version: f.header.version}
	}
	f.readFooter(in)
	if f.confirmed = f.hasHeader || f.hasFooter; !f.confirmed {
		rec, size, err := (&scanner{file: in, first: f.first, end: f.end, lenient: true}).recordAt(headerSize)
		f.confirmed = err == nil && size > 0 && rec.Seq == f.first
	}
	return f, nil
}

func (f *file) readHeader(in File) {
	b := make([]byte, headerSize)
	n := readSome(in, b, 0)
	f.blank = int64(n) == min(headerSize, f.fileSize) && len(bytes.TrimRight(b, "\x00")) == 0
	if n < headerSize {
		return
	}
	if f.header, f.hasHeader = decodeHeader(b); f.hasHeader && f.header.version <= version {
		f.id, f.first, f.next = f.header.spoolID, f.header.first, f.header.first
	}
}

func (f *file) readFooter(in File) {
	b, at := make([]byte, footerSize), f.fileSize-footerSize
	if at < headerSize || readSome(in, b, at) < footerSize {
		return
	}
	foot, ok := decodeFooter(b)
	if !ok || foot.first != f.first || f.hasHeader && foot.spoolID != f.id {
		return
	}
	f.footer, f.hasFooter = foot, true
	f.id, f.next, f.end = foot.spoolID, foot.next, at
	f.oldest, f.newest = foot.oldest, foot.newest
}

const noLimit = ^uint64(0)

// A listing is what a directory holds.
type listing struct {
	files   []file
	foreign int // files that are no part of this spool
	bad     badFiles
}

// list inspects the segments of dir and sorts them by their first sequence.
func list(fsys FS, dir string) (l listing, err error) {
	var entries []Entry
	if err := fsys.ReadDir(dir, func(e Entry) {
		switch {
		case e.Regular && segmentName.MatchString(e.Name):
			entries = append(entries, e)
		case e.Regular && badName.MatchString(e.Name):
			l.bad.add(e)
		case e.Name != lockName && e.Name != cursorName:
			l.foreign++
		}
	}); err != nil {
		return l, err
	}
	for _, e := range entries {
		f, err := inspect(fsys, dir, e)
		if err != nil {
			return l, err
		}
		l.files = append(l.files, f)
	}
	slices.SortFunc(l.files, func(a, b file) int {
		switch {
		case a.first != b.first:
			return compare(a.first, b.first)
		default:
			return compare(a.header.attempt, b.header.attempt)
		}
	})
	return l, nil
}

func compare[T uint64 | uint32](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// setLimits voids the records of each segment that a later one has again, since
// they could not be made durable and were taken back.
func setLimits(files []file) {
	for i := range files {
		for _, later := range files[i+1:] {
			if later.confirmed && later.first > files[i].first || later.header.attempt > files[i].header.attempt {
				files[i].limit = later.first
				break
			}
		}
	}
}

// A scan is what a segment was found to hold.
type scan struct {
	start, end  int64  // offsets of the first and behind the last record that counts
	next        uint64 // sequence after the last record
	total       Totals // records that count
	oldest      int64  // unix ms, of these
	newest      int64
	missing     int64 // records that the sequences say were there
	damaged     int64 // bytes that are no record, with records behind them
	torn        int64 // bytes that are no record, at the end
	unreadable  int64 // bytes
	skipped     int64 // records that are released
	duplicates  int64
	damageSpans []span // the first few
}

type span struct{ from, to int64 }

// maxSpans bounds the memory for the damage in one segment.
const maxSpans = 64

// scanSegment reads all of a segment. Records up to the sequence after and from
// f.limit on do not count.
func scanSegment(in File, f *segment, after uint64) (scan, error) {
	s := scanner{file: in, first: f.first, off: headerSize, end: f.end, lenient: true}
	r := scan{start: -1, end: headerSize, next: f.first}
	last := max(after, f.first-1)
	for {
		it, err := s.next()
		if err != nil {
			return r, err
		}
		switch it.kind {
		case endOfRecords:
			r.unreadable = s.unreadable
			if r.start < 0 {
				r.start = r.end
			}
			return r, nil
		case damage:
			if len(r.damageSpans) < maxSpans {
				r.damageSpans = append(r.damageSpans, span{it.from, it.to})
			}
			r.torn += it.to - it.from
		case goodRecord:
			r.damaged, r.torn = r.damaged+r.torn, 0
			r.end = it.to
			r.count(it, &last, after, f.limit)
		}
	}
}

// count adds a record unless it is released, void or there twice.
func (r *scan) count(it item, last *uint64, after, limit uint64) {
	seq := it.record.Seq
	switch {
	case seq <= after && seq >= r.next: // released
		r.next = seq + 1
		r.skipped++
		return
	case seq <= *last || seq >= limit:
		r.duplicates++
		return
	}
	ms := it.record.Time.UnixMilli()
	if r.start < 0 {
		r.start, r.oldest = it.from, ms
	}
	r.oldest, r.newest = min(r.oldest, ms), max(r.newest, ms)
	r.missing += int64(seq - *last - 1)
	*last, r.next = seq, seq+1
	r.total.add(it.record.totals())
}

func milliTime(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
