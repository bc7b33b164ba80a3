package spools

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"monkit.example/internal/spool"
)

// Sizes of the format, which the documentation of package spool has.
const (
	segmentHeader = 512
	recordHeader  = 32
)

// maxProblems bounds what Verify reports for one spool.
const maxProblems = 1000

// A Problem is a damage that Verify has found.
type Problem struct {
	File   string // path, or the directory of the spool if no file has the damage
	Offset int64  // in the file; -1 if it has none
	Text   string
}

// String is "FILE: offset N: TEXT".
func (p Problem) String() string {
	if p.Offset < 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s: offset %d: %s", p.File, p.Offset, p.Text)
}

// A Report is what Verify has found in one spool.
type Report struct {
	Destination string
	Waiting     spool.Totals // records that are not damaged
	Problems    []Problem    // the first 1000
	More        int          // problems that are not in Problems
	Notes       []string     // what is no damage
}

func (r *Report) add(file string, offset int64, format string, args ...any) {
	if len(r.Problems) == maxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, Problem{file, offset, fmt.Sprintf(format, args...)})
}

// Verify reads all of the spool at p. The error means that it could not begin.
func Verify(p Place) (Report, error) {
	var r Report
	in, err := newReader(p)
	if err != nil {
		return r, err
	}
	defer in.close()
	for _, ok := in.next(); ok; _, ok = in.next() {
	}
	info := in.view.Info()
	r.Destination, r.Waiting = info.Identity, info.Pending
	for _, err := range in.errs {
		r.add(p.Dir, -1, "%v", err)
	}
	for _, g := range in.gaps {
		r.add(p.Dir, -1, "%v", g)
	}
	if in.more > 0 {
		r.add(p.Dir, -1, "%d more records are missing", in.more)
	}
	if info.CursorLost {
		r.add(filepath.Join(p.Dir, "cursor"), -1, "the position is missing or damaged: what was sent before and is still on disk is sent again")
	}
	if info.Damaged+info.Unreadable > 0 {
		for i, s := range info.Segments {
			r.locate(p.Dir, s, i == len(info.Segments)-1)
		}
	}
	r.note(info)
	return r, nil
}

// locate adds the damage in one segment.
func (r *Report) locate(dir string, s spool.SegmentInfo, isLast bool) {
	path := filepath.Join(dir, s.Name)
	v, err := spool.Inspect(dir, alone{spool.OS{}, s.Name})
	if errors.Is(err, fs.ErrNotExist) {
		return // it was sent
	}
	if err != nil {
		r.add(path, -1, "%v", explain(err))
		return
	}
	defer v.Close()
	off, known := int64(segmentHeader), int64(0)
	for {
		rec, err := v.Next()
		if known == 0 && v.Info().Segments[0].HeaderDamaged {
			known = min(segmentHeader, s.Size)
			r.add(path, 0, "the header of the segment is damaged (%d bytes)", known)
		}
		if n := v.Info().Damaged - known; n > 0 {
			r.add(path, off, "%d bytes are damaged", n)
			off, known = off+n, known+n
		}
		if err != nil { // the end, or what next has reported
			break
		}
		off += recordHeader + int64(len(rec.Bytes))
	}
	if torn := v.Info().Torn; torn > 0 && !isLast {
		r.add(path, off, "%d bytes are damaged", torn)
	}
	v.Close() // counts what the disk could not read
	if n := v.Info().Unreadable; n > 0 {
		r.add(path, -1, "the disk could not read %d bytes", n)
	}
}

// note adds what is no damage.
func (r *Report) note(info spool.Info) {
	for _, n := range []struct {
		count int64
		text  string
	}{
		{info.Torn, "%d bytes at the end are a record that is being written, or was when a process was killed"},
		{info.Duplicates, "%d records are on disk twice and are sent once"},
		{int64(info.BadFiles), "%d files *.bad have copies of bytes that were found damaged before; they may be deleted"},
		{int64(info.Foreign), "%d files are not of this spool and are left alone"},
	} {
		if n.count > 0 {
			r.Notes = append(r.Notes, fmt.Sprintf(n.text, n.count))
		}
	}
}

// alone shows one segment of a spool as if there were no other, and nothing were
// released. Then each byte of the file is a header, a record or damage that a
// View returns or counts in order, and the offsets follow.
type alone struct {
	spool.FS
	segment string
}

// ReadDir implements spool.FS.
func (a alone) ReadDir(dir string, fn func(spool.Entry)) error {
	return a.FS.ReadDir(dir, func(e spool.Entry) {
		if e.Name == a.segment {
			fn(e)
		}
	})
}

// Open implements spool.FS.
func (a alone) Open(path string, write bool) (spool.File, error) {
	if filepath.Base(path) != a.segment {
		return nil, fs.ErrNotExist
	}
	return a.FS.Open(path, write)
}
