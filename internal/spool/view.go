package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
)

// A View reads a spool and changes nothing. It works while a process has the
// spool open, and shows the segments that were there when it began.
type View struct {
	dir   string
	fs    FS
	id    uint64 // of the spool
	files []file
	info  Info

	pos       int // index of the segment that is read
	scanner   *scanner
	file      file   // the segment that is read
	headerDue bool   // the header of file was not there, and is looked at again before it counts as damaged
	last      uint64 // sequence of the last record, or before the first one
	buf       []byte
}

// Info is what a View knows of a spool. What Next has passed is in the counts.
type Info struct {
	Identity, Format string // of the newest segment
	Released         uint64 // sequence up to which records are settled
	CursorLost       bool   // there are segments and no position: everything is shown as pending
	Segments         []SegmentInfo
	Foreign          int // files that are not of this spool
	BadFiles         int // copies of damaged bytes
	BadBytes         int64

	Pending    Totals // records that Next returned
	Missing    int64  // records that the sequences say were there
	Damaged    int64  // bytes that are no record, in the segments that Next has left
	Torn       int64  // bytes at the end of the last segment: a record that is being written, or was when a process died
	Unreadable int64  // bytes that the disk could not read
	Duplicates int64  // records that are there twice or that were taken back
}

// A SegmentInfo describes a segment.
type SegmentInfo struct {
	Name          string
	Size          int64
	First, Next   uint64 // sequences of the first record and, if Sealed, after the last one
	Total         Totals // if Sealed
	Sealed        bool   // it gets no more records
	Blank         bool   // its first sector is empty: it was created and not written to, or that sector was lost
	HeaderDamaged bool   // of a Blank one, once Next has found something in it
}

// Inspect returns a View of the spool in dir. A nil fsys means OS. The error is
// a VersionError or one of the system.
func Inspect(dir string, fsys FS) (*View, error) {
	if fsys == nil {
		fsys = OS{}
	}
	v := &View{dir: dir, fs: fsys}
	if err := v.open(); err != nil {
		return nil, fmt.Errorf("spool %s: inspect: %w", dir, err)
	}
	return v, nil
}

func (v *View) open() error {
	l, err := list(v.fs, v.dir)
	for range 10 {
		if errors.Is(err, fs.ErrNotExist) { // a segment was removed while they were listed, or dir is not there
			l, err = list(v.fs, v.dir)
		}
	}
	if err != nil {
		return err
	}
	// The position comes second: a segment that was removed before the others were
	// listed is released by then. One that is removed later is skipped by begin.
	slots, err := loadCursor(v.fs, v.dir)
	if err != nil {
		return err
	}
	s := Spool{fs: v.fs}
	if v.files, err = s.adopt(&l, slots); err != nil {
		return err
	}
	setLimits(v.files)
	v.id = s.id
	v.info = Info{Identity: s.opts.Identity, Format: s.opts.Format, Foreign: l.foreign, BadFiles: l.bad.files, BadBytes: l.bad.bytes,
		CursorLost: len(v.files) > 0}
	for _, c := range slots {
		if c.spoolID == s.id {
			v.info.Released, v.info.CursorLost = max(v.info.Released, c.released), false
		}
	}
	v.last = v.info.Released
	if v.info.CursorLost {
		v.last = v.files[0].first - 1
	}
	for _, f := range v.files {
		v.info.Segments = append(v.info.Segments, f.info())
	}
	return nil
}

func (f file) info() SegmentInfo {
	return SegmentInfo{Name: f.name, Size: f.fileSize, First: f.first, Next: f.next, Total: f.footer.total, Sealed: f.hasFooter,
		Blank: f.blank, HeaderDamaged: !f.hasHeader && !f.blank}
}

// Info returns what is known so far. Segments is complete from the start.
func (v *View) Info() Info { return v.info }

// Next returns the next record that is not released, or io.EOF. It skips and
// counts what is damaged. An error of the system concerns one segment; the next
// call goes on with the one after it.
func (v *View) Next() (Record, error) {
	for v.pos < len(v.files) {
		if v.scanner == nil {
			ok, err := v.begin()
			if err != nil || !ok {
				v.pos++
			}
			if err != nil {
				return Record{}, fmt.Errorf("spool %s: %w", v.dir, err)
			}
			if !ok {
				continue
			}
		}
		it, err := v.scanner.next()
		if err == nil && it.kind != endOfRecords {
			v.checkHeader(true)
		}
		if err == nil && it.kind == goodRecord {
			if v.accept(it.record) {
				return it.record, nil
			}
			continue
		}
		if err == nil && it.kind == damage {
			v.damaged(it)
			continue
		}
		v.end()
		if err != nil {
			return Record{}, fmt.Errorf("spool %s: read %s: %w", v.dir, v.file.name, err)
		}
	}
	return Record{}, io.EOF
}

// begin opens the segment at pos. It reports false if that is released or gone.
func (v *View) begin() (bool, error) {
	f := v.files[v.pos]
	if f.hasFooter && f.next <= v.last+1 {
		return false, nil
	}
	in, err := v.fs.Open(filepath.Join(v.dir, f.name), false)
	if err == nil {
		if size, sizeErr := in.Size(); sizeErr == nil {
			// The writer may have ended the segment since it was listed.
			f, err = inspect(v.fs, v.dir, Entry{Name: f.name, Size: size})
		}
	}
	if err != nil {
		if in != nil {
			in.Close()
		}
		if errors.Is(err, fs.ErrNotExist) {
			v.skipReleased()
			err = nil
		}
		return false, err
	}
	f.limit = v.files[v.pos].limit
	v.file = f
	v.scanner = &scanner{file: in, first: f.first, off: headerSize, end: f.end, lenient: true, buf: v.buf[:0]}
	v.headerDue = !f.hasHeader
	return true, nil
}

// checkHeader counts the header of the segment if it is damaged. found is whether
// there is anything behind it. The writer creates a segment, writes the header and
// then the first record, so a segment without header and records is not damaged,
// and one whose header was missing may have it by now.
func (v *View) checkHeader(found bool) {
	if !v.headerDue {
		return
	}
	v.headerDue = false
	again := file{fileSize: v.file.fileSize}
	again.readHeader(v.scanner.file)
	if again.hasHeader || again.blank && !found && !v.file.hasFooter {
		return
	}
	v.info.Damaged += min(headerSize, v.file.fileSize)
	v.info.Segments[v.pos].HeaderDamaged = true
}

// skipReleased reads the position again, since the writer has removed a segment.
func (v *View) skipReleased() {
	slots, err := loadCursor(v.fs, v.dir)
	for _, c := range slots {
		if err == nil && c.spoolID == v.id {
			v.last = max(v.last, c.released)
		}
	}
}

// accept reports whether Next returns rec.
func (v *View) accept(rec Record) bool {
	switch {
	case rec.Seq <= v.info.Released:
		return false
	case rec.Seq <= v.last || rec.Seq >= v.file.limit:
		v.info.Duplicates++
		return false
	}
	v.info.Missing += int64(rec.Seq - v.last - 1)
	v.last = rec.Seq
	v.info.Pending.add(rec.totals())
	return true
}

// damaged counts bytes that are no record.
func (v *View) damaged(it item) {
	if v.scanner.off < v.scanner.end || v.file.hasFooter || v.pos < len(v.files)-1 {
		v.info.Damaged += it.to - it.from
	} else {
		v.info.Torn += it.to - it.from
	}
}

// end closes the segment at pos and moves on.
func (v *View) end() {
	v.checkHeader(false)
	if v.file.hasFooter && v.file.next > v.last+1 {
		v.info.Missing += int64(v.file.next - v.last - 1)
		v.last = v.file.next - 1
	}
	v.info.Unreadable += v.scanner.unreadable
	v.buf = v.scanner.buf
	v.scanner.file.Close()
	v.scanner = nil
	v.pos++
}

// Close ends reading.
func (v *View) Close() error {
	if v.scanner != nil {
		v.end()
	}
	v.pos = len(v.files)
	return nil
}
