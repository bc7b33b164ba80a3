package spool

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// Open opens the spool in dir and creates it if there is none. Whatever the
// content of the files is, Open succeeds: what is damaged is counted and
// skipped. It fails with ErrLocked, ErrForeign, ErrUnsafe or a VersionError, and
// has changed nothing then, and with errors of the system. An Open that fails may
// be tried again.
func Open(dir string, o Options) (*Spool, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("spool %s: %w", dir, err)
	}
	s := &Spool{dir: dir, fs: o.FS, opts: o, cursor: cursor{fs: o.FS, dir: dir}}
	s.counts.MaxBytes = o.MaxBytes
	if err := s.open(); err != nil {
		if s.lock != nil {
			err = errors.Join(err, s.lock.Close())
		}
		return nil, s.wrap("open", err)
	}
	s.publish()
	return s, nil
}

func (s *Spool) open() (err error) {
	if err := s.refuse(); err != nil {
		return err
	}
	if err := s.fs.PrepareDir(s.dir); err != nil {
		return err
	}
	if s.lock, err = s.fs.Lock(filepath.Join(s.dir, lockName)); err != nil {
		return err
	}
	l, err := list(s.fs, s.dir)
	if err != nil {
		return err
	}
	slots, err := loadCursor(s.fs, s.dir)
	if err != nil {
		return err
	}
	if l.files, err = s.adopt(&l, slots); err != nil {
		return err
	}
	s.bad = l.bad
	s.counts.Foreign = l.foreign
	return s.recover(l.files, slots)
}

// refuse returns the error for a directory that this program must not touch. It
// is called before anything is created or locked. Errors of the system come
// again later.
func (s *Spool) refuse() error {
	var newer *VersionError
	l, err := list(s.fs, s.dir)
	if errors.As(err, &newer) {
		return err
	}
	if err != nil {
		return nil
	}
	slots, err := loadCursor(s.fs, s.dir)
	if errors.As(err, &newer) {
		return err
	}
	_, err = s.adopt(&l, slots)
	return err
}

// adopt returns the files that belong to this spool and settles its identity,
// format and id. Segments of another spool are left alone, even if it was for
// the same destination: their sequences have nothing to do with ours.
func (s *Spool) adopt(l *listing, slots []slot) ([]file, error) {
	if err := s.adoptIdentity(l.files); err != nil {
		return nil, err
	}
	s.id = s.chooseID(l.files, slots)
	var own []file
	for _, f := range l.files {
		if f.id == s.id && (!f.hasHeader || s.matches(f.header)) || f.id == 0 {
			own = append(own, f)
		} else {
			l.foreign++
		}
	}
	return own, nil
}

// adoptIdentity takes identity and format from the newest segment. If all are of
// another destination, it returns an ErrForeign.
func (s *Spool) adoptIdentity(files []file) error {
	var foreign error
	for _, f := range slices.Backward(files) {
		switch {
		case !f.hasHeader:
		case s.matches(f.header):
			s.opts.Identity, s.opts.Format = f.header.identity, f.header.format
			return nil
		default:
			foreign = fmt.Errorf("%w: %s holds %q in format %q, and this is %q in format %q; give each destination its own directory",
				ErrForeign, f.name, f.header.identity, f.header.format, s.opts.Identity, s.opts.Format)
		}
	}
	return foreign
}

// chooseID returns the id of the spool: that of segments and cursor, or else that
// of the newest segment, or else that of the cursor, or else a new one.
func (s *Spool) chooseID(files []file, slots []slot) uint64 {
	newest := uint64(0)
	for _, f := range slices.Backward(files) {
		if f.id == 0 || f.hasHeader && !s.matches(f.header) {
			continue
		}
		for _, c := range slots {
			if c.spoolID == f.id {
				return f.id
			}
		}
		newest = cmp.Or(newest, f.id)
	}
	if newest == 0 && len(slots) > 0 {
		newest = slots[0].spoolID
	}
	if newest == 0 {
		newest = newID()
	}
	return newest
}

// newID returns a random id, which is not 0.
func newID() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return binary.LittleEndian.Uint64(b[:]) | 1
}

func (s *Spool) matches(h header) bool {
	return (s.opts.Identity == "" || s.opts.Identity == h.identity) && (s.opts.Format == "" || s.opts.Format == h.format)
}

// lastPosition returns the position that was written last, whether there is one,
// and whether there was none after it for sure: the other slot is whole, too.
func (s *Spool) lastPosition(slots []slot) (position slot, known, newest bool) {
	own := 0
	for _, c := range slots {
		if c.spoolID != s.id {
			continue
		}
		if own++; own == 1 {
			position = c
		}
	}
	return position, own > 0, own == 2
}

// recover finds out which records are there and not released.
func (s *Spool) recover(files []file, slots []slot) error {
	position, known, newest := s.lastPosition(slots)
	s.cursor.durable, s.cursor.found = position, known
	s.r.released, s.r.read, s.r.before = position.released, position.read, position.read
	setLimits(files)
	last, missing, err := s.loadAll(files, newest)
	if err != nil {
		return err
	}
	s.counts.CursorLost = !known && len(s.segs) > 0
	if position.next > last+1 {
		missing += int64(position.next - last - 1)
		last = position.next - 1
	}
	s.next = last + 1
	for _, seg := range s.segs {
		seg.limit = min(seg.limit, s.next)
	}
	s.r.last = s.r.released
	s.skipRead()
	s.countMissing(missing)
	if !known {
		// Without a position, the next start would have to assume the worst. It
		// is written to both slots; before anything depends on it, it is again.
		_ = s.cursor.write(s.position())
		_ = s.cursor.write(s.position())
	}
	return nil
}

// loadAll adds the segments and returns the last sequence and how many records are
// missing. sure is whether the position is the last one that was written: if it is
// older, records before the first segment are released.
func (s *Spool) loadAll(files []file, sure bool) (last uint64, missing int64, err error) {
	last = s.r.released
	before := !sure
	for i := range files {
		f := &files[i]
		lost, err := s.load(f, last)
		if err != nil {
			return 0, 0, err
		}
		if f.name == "" || !f.confirmed && f.next == f.first {
			continue // its name alone proves nothing
		}
		if f.first > last+1 && !before {
			missing += int64(f.first - last - 1)
		}
		if before {
			s.r.before = max(s.r.before, f.next-1) // older segments are removed once they are released
			before = false
		}
		missing += lost
		last = max(last, f.next-1)
	}
	return last, missing, nil
}

// countMissing counts records that the sequences say are missing, with as many
// lines as the others have.
func (s *Spool) countMissing(n int64) {
	s.counts.Damaged.Records += n
	if s.unread.Records > 0 {
		n = part(s.unread.Lines, n, s.unread.Records)
	}
	s.counts.Damaged.Lines += n
}

// load adds the segment f, whose records up to the sequence after do not count,
// and returns how many records are missing in it.
func (s *Spool) load(f *file, after uint64) (missing int64, err error) {
	switch {
	case f.hasFooter && f.first > after && f.next <= f.limit:
		f.unread = f.footer.total
		f.gaps = int64(f.next-f.first) - f.unread.Records // counted when the footer was written
	case f.hasFooter && f.next <= after+1: // released
	default:
		if missing, err = s.loadByScan(f, after); err != nil {
			return 0, err
		}
	}
	f.waiting = f.oldest
	if f.name == "" { // it is no segment
		return 0, nil
	}
	if !f.hasHeader {
		s.counts.Damaged.Bytes += min(headerSize, f.fileSize)
	}
	s.unread.add(f.unread)
	s.disk += f.size
	seg := f.segment
	s.segs = append(s.segs, &seg)
	return missing, nil
}

// loadByScan reads all of f. It ends a segment whose writer died. If f turns out
// to be no segment of this spool, or an empty one, it clears the name.
func (s *Spool) loadByScan(f *file, after uint64) (missing int64, err error) {
	in, err := s.fs.Open(filepath.Join(s.dir, f.name), false)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	r, err := scanSegment(in, &f.segment, after)
	if err != nil {
		return 0, err
	}
	f.unsure = r.unreadable > 0
	if f.unsure && !s.anyReadable() {
		return 0, errUnreadable
	}
	if !f.hasFooter && r.end == headerSize && s.leaveOut(f, r) {
		f.name = ""
		return 0, nil
	}
	f.start, f.counted, f.unread = r.start, f.end, r.total
	f.oldest, f.newest = r.oldest, r.newest
	s.countScan(f, r, in)
	if !f.unsure { // else the reader tries again
		f.end = r.end
	}
	if f.hasFooter {
		known := max(r.next, after+1)
		return r.missing + int64(max(f.next, known)-known), nil
	}
	f.next = r.next
	if !f.unsure {
		s.endFound(f, r)
	}
	return r.missing, nil
}

// leaveOut reports whether f, in which no record was found, is not taken for a
// segment. It removes a file of this spool that nothing was written to.
func (s *Spool) leaveOut(f *file, r scan) bool {
	if r.torn == 0 && !f.unsure && (f.hasHeader || f.blank) {
		return ignoreMissing(s.fs.Remove(filepath.Join(s.dir, f.name))) == nil
	}
	if !f.hasHeader {
		s.counts.Foreign++ // it has the name of a segment, and nothing else
	}
	return !f.hasHeader
}

// countScan counts what is damaged in f, and keeps a copy.
func (s *Spool) countScan(f *file, r scan, in File) {
	s.counts.Duplicates += r.duplicates
	s.counts.Unreadable += r.unreadable
	s.counts.Damaged.Bytes += r.damaged
	if f.hasFooter {
		s.counts.Damaged.Bytes += r.torn
	} else {
		s.counts.Torn += r.torn
	}
	for _, at := range r.damageSpans {
		s.bad.keep(s.fs, s.dir, f.name, in, at)
	}
}

// anyReadable reports whether the disk can read anything. If it cannot, waiting
// for it costs less than taking all segments for damaged.
func (s *Spool) anyReadable() (ok bool) {
	_ = s.fs.ReadDir(s.dir, func(e Entry) {
		if ok || !e.Regular || e.Size == 0 || e.Name == lockName {
			return
		}
		if f, err := s.fs.Open(filepath.Join(s.dir, e.Name), false); err == nil {
			ok = readSome(f, make([]byte, 1), 0) == 1
			f.Close()
		}
	})
	return ok
}

// endFound makes a segment whose writer died durable, and gives it the footer
// that it lacks: what is torn is cut off. It is best effort: if it fails, the
// segment is scanned again by the next Open.
func (s *Spool) endFound(f *file, r scan) {
	out, err := s.fs.Open(filepath.Join(s.dir, f.name), true)
	if err != nil {
		return
	}
	defer out.Close()
	size := f.end
	if f.hasHeader && r.skipped == 0 && r.duplicates == 0 { // a footer counts all records of the segment
		foot := footer{spoolID: s.id, first: f.first, next: f.next, total: f.unread, oldest: f.oldest, newest: f.newest}
		if _, err := out.WriteAt(foot.encode(), f.end); err == nil {
			size += footerSize
		}
	}
	if out.Truncate(size) == nil {
		f.size = size
	}
	_ = out.Sync()
}
