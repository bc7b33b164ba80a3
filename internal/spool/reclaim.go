package spool

// position is the slot that describes the reader now.
func (s *Spool) position() slot {
	next := s.next
	if s.w.file != nil {
		next = s.w.durableNext
	}
	return slot{spoolID: s.id, released: s.r.released, read: max(s.r.read, s.r.released), next: next}
}

// skipRead moves the reader behind segments that have nothing more for it.
func (s *Spool) skipRead() {
	for s.r.pos < len(s.segs) {
		seg := s.segs[s.r.pos]
		if !seg.sealed || seg.unread.Records > 0 || seg.unsure {
			return
		}
		s.leave(seg)
	}
}

// reclaim makes the position durable and then removes the segments before it.
func (s *Spool) reclaim() error {
	s.skipRead()
	s.settle()
	if p, d := s.position(), s.cursor.durable; s.cursor.found || p.released != d.released || p.read != d.read {
		if err := s.cursor.write(p); err != nil {
			return err
		}
	}
	return s.removeSettled()
}

// removeSettled removes segments of which the durable position says that they
// are settled. One that cannot be removed is tried again by the next call.
func (s *Spool) removeSettled() error {
	for s.r.pos > 0 {
		seg := s.segs[0]
		if !seg.sealed || s.cursor.durable.released+1 < seg.next {
			return nil
		}
		if err := ignoreMissing(s.fs.Remove(s.path(seg))); err != nil {
			return err
		}
		s.forgetFirst()
	}
	return nil
}

// forgetFirst takes the first segment, which the reader has left, off the list.
func (s *Spool) forgetFirst() {
	s.resize(s.segs[0], 0)
	s.segs = append(s.segs[:0], s.segs[1:]...)
	s.r.pos--
}

// A Drop is what DropOldest removed.
type Drop struct {
	Unread Totals // records that Next had not returned
	// Held is records that Next had returned and that were not released. The
	// caller still has them, and releasing them does no harm.
	Held Totals
}

// DropOldest makes room for a segment: it removes the oldest one, whether its
// records are settled or not. If segments that are wholly released are there, it
// removes those, and drops nothing. An error means that nothing was dropped.
func (s *Spool) DropOldest() (Drop, error) {
	if s.closed {
		return Drop{}, s.wrap("drop", ErrClosed)
	}
	defer s.publish()
	before := len(s.segs)
	if err := s.reclaim(); err != nil {
		return Drop{}, s.wrap("drop", err)
	}
	if len(s.segs) < before || len(s.segs) == 0 {
		return Drop{}, nil
	}
	if !s.segs[0].sealed {
		if err := s.seal(); err != nil || len(s.segs) == 0 {
			return Drop{}, s.wrap("drop", err)
		}
	}
	d, err := s.drop(s.segs[0])
	return d, s.wrap("drop", err)
}

// drop removes the first segment and settles all of its records. The position
// comes second: while it is on its way to a disk that fails, it is not known
// which one a crash would leave, and records that were not dropped must not be
// behind it. The other way round a crash leaves a gap, which Open counts.
func (s *Spool) drop(seg *segment) (d Drop, err error) {
	if sc := s.r.scanner; sc != nil && s.r.pos == 0 { // Windows does not remove a file that is open
		seg.start = sc.off
		s.r.close()
	}
	if err := ignoreMissing(s.fs.Remove(s.path(seg))); err != nil {
		return Drop{}, err
	}
	for first := s.held.first(); first != nil && first.seg == seg; first = s.held.first() {
		d.Held.add(s.held.pop().totals)
	}
	d.Unread = seg.unread
	s.counts.Dropped.add(d.Unread)
	s.removeUnread(seg, seg.unread)
	if s.r.pos == 0 {
		s.leave(seg)
	}
	s.forgetFirst()
	_ = s.reclaim() // the next Sync tries again
	return d, nil
}
