package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// A model drives a Spool by a script that depends on a seed alone, and knows what
// the spool has to return.
type model struct {
	t   *testing.T
	fs  *simFS
	s   *Spool
	rng *rand.Rand

	all      []modelRecord              // appended and not taken back
	done     int                        // of all: released or dropped
	attempts map[uint64]map[string]bool // all records that were ever appended with a sequence
	read     int                        // of all
	settled  uint64                     // sequence up to which records are released or dropped
	durable  uint64                     // the part of settled that survives
	unsynced int                        // of all, at the end
	// uncertain is how many records were taken back, which the disk may have
	// all the same, or dropped, which may be counted as missing.
	uncertain int
}

type modelRecord struct {
	seq      uint64
	text     string
	promised bool // it is durable once it is synced; not so for one that was taken back
}

var modelOptions = Options{Identity: "graphite+tcp://127.0.0.1:2003", Format: "graphite", SegmentBytes: minSegmentBytes, MaxBytes: 5 * minSegmentBytes}

func newModel(t *testing.T, fs *simFS, seed uint64) *model {
	return &model{t: t, fs: fs, rng: rand.New(rand.NewPCG(seed, 1)), attempts: map[uint64]map[string]bool{}}
}

func (m *model) open() error {
	o := modelOptions
	o.FS = m.fs
	s, err := Open("d", o)
	m.s = s
	return err
}

// run performs steps of the script until the system dies. It reports whether the
// script came to its end.
func (m *model) run(steps int) bool {
	if err := m.open(); err != nil {
		m.check(err)
		return false
	}
	for range steps {
		if err := m.step(); errors.Is(err, errCrash) {
			return false
		} else if err != nil {
			m.check(err)
		}
	}
	return true
}

// check fails the test for an error that is not the simulated system's.
func (m *model) check(err error) {
	m.t.Helper()
	for _, known := range []error{errCrash, syscall.EIO, syscall.ENOSPC, syscall.EROFS} {
		if errors.Is(err, known) {
			return
		}
	}
	m.t.Errorf("after %d calls: %v", m.fs.ops, err)
}

// step does the next thing of the script, and checks that the accounts are those
// of the model.
func (m *model) step() error {
	if err := m.do(); err != nil || m.uncertain > 0 {
		return err
	}
	if st := m.s.Stats(); st.Pending.Records != int64(len(m.all)-m.done) || st.Unread.Records != int64(len(m.all)-m.read) {
		m.t.Errorf("after %d calls: %+v; want %d pending and %d unread", m.fs.ops, st, len(m.all)-m.done, len(m.all)-m.read)
	}
	return nil
}

func (m *model) do() error {
	switch n := m.rng.IntN(100); {
	case n < 50:
		return m.append()
	case n < 65:
		return m.sync()
	case n < 88:
		return m.next()
	case n < 96:
		return m.release()
	case n < 98:
		return m.rewind()
	}
	return m.reopen()
}

// body returns bytes that look like those of the spool itself.
func (m *model) body(seq uint64) []byte {
	b := fmt.Appendf(nil, "%d ", seq)
	for range m.rng.IntN(4) {
		switch m.rng.IntN(4) {
		case 0:
			b = append(b, recordMagic...)
		case 1:
			b = append(b, make([]byte, m.rng.IntN(600))...)
		case 2:
			b = append(b, footerMagic...)
		default:
			b = append(b, bytes.Repeat([]byte("x"), m.rng.IntN(600))...)
		}
	}
	return b
}

func (m *model) append() error {
	body, meta := m.body(m.s.next), Meta{Lines: m.rng.IntN(9), Time: time.UnixMilli(int64(m.rng.IntN(1e9)))}
	seq := m.s.next
	text := describe(meta, body)
	// Whatever happens, a part of it may be on disk: also with the sequence that
	// it gets if records before it are taken back.
	m.attempt(seq, text)
	seq, err := m.s.Append(meta, body)
	for errors.Is(err, ErrFull) {
		if err := m.drop(); err != nil {
			m.takeBack(err)
			return err
		}
		m.attempt(m.s.next, text)
		seq, err = m.s.Append(meta, body)
	}
	if err != nil {
		m.takeBack(err)
		return err
	}
	m.all = append(m.all, modelRecord{seq, text, true})
	m.unsynced++
	return nil
}

func describe(meta Meta, body []byte) string {
	return fmt.Sprint(meta.Lines, meta.Time.UnixMilli(), string(body))
}

func (m *model) attempt(seq uint64, text string) {
	if m.attempts[seq] == nil {
		m.attempts[seq] = map[string]bool{}
	}
	m.attempts[seq][text] = true
}

// takeBack forgets what an UnwrittenError says is not durable.
func (m *model) takeBack(err error) {
	var e *UnwrittenError
	if !errors.As(err, &e) || errors.Is(err, errCrash) {
		return
	}
	before := len(m.all)
	for len(m.all) > 0 && m.all[len(m.all)-1].seq >= e.First {
		m.all = m.all[:len(m.all)-1]
	}
	if taken := int64(before - len(m.all)); taken != e.Lost.Records || m.unsynced < int(taken) || m.read > len(m.all) {
		m.t.Errorf("%v: it took back %d records, of which %d were not synced", e, taken, m.unsynced)
	}
	m.unsynced = 0
	m.uncertain += int(e.Lost.Records)
}

func (m *model) sync() error {
	err := m.s.Sync()
	var e *UnwrittenError
	switch {
	case errors.Is(err, errCrash):
	case errors.As(err, &e):
		m.takeBack(err)
	default:
		m.unsynced = 0
	}
	if err == nil {
		m.durable = m.settled
	}
	return err
}

func (m *model) next() error {
	rec, err := m.s.Next()
	switch {
	case errors.Is(err, io.EOF):
		if m.read < len(m.all)-m.unsynced {
			m.t.Errorf("after %d calls: Next returns EOF before record %d", m.fs.ops, m.all[m.read].seq)
		}
		return nil
	case err != nil:
		return err
	case m.read >= len(m.all):
		m.t.Errorf("Next returns record %d, which is not there", rec.Seq)
		return nil
	}
	want, got := m.all[m.read], describe(rec.Meta, rec.Bytes)
	if rec.Seq != want.seq || want.promised && got != want.text || !m.attempts[rec.Seq][got] {
		m.t.Errorf("Next returns record %d %.40q, want %d %.40q", rec.Seq, got, want.seq, want.text)
	}
	m.read++
	return nil
}

func (m *model) release() error {
	if m.read == m.done {
		return nil
	}
	m.settle(1 + m.rng.IntN(m.read-m.done))
	return m.s.Release(m.settled)
}

// settle settles the next n records.
func (m *model) settle(n int) {
	m.done += n
	m.settled = m.all[m.done-1].seq
	m.read = max(m.read, m.done)
}

func (m *model) rewind() error {
	m.read = m.done
	return m.s.Rewind()
}

func (m *model) drop() error {
	oldest := *m.s.segs[0]
	d, err := m.s.DropOldest()
	if n := int(d.Unread.Records + d.Held.Records); n > 0 {
		m.settle(n)
		m.all, m.read, m.done = m.all[m.done:], m.read-m.done, 0 // no Open finds them
		m.unsynced = min(m.unsynced, len(m.all))
	} else if errors.Is(err, errCrash) {
		m.settled = max(m.settled, oldest.next-1) // perhaps
	}
	if position := m.s.cursor.durable.released; position < m.settled {
		// After a crash they are back, or missing.
		m.uncertain += int(m.settled - position)
	} else {
		m.durable = m.settled
	}
	return err
}

func (m *model) reopen() error {
	err := m.s.Close()
	m.takeBack(err)
	if errors.Is(err, errCrash) {
		return err
	}
	if err == nil {
		m.durable = m.settled
	}
	m.unsynced = 0
	for range 20 { // the trouble passes
		if err = m.open(); err == nil {
			m.recall()
			return nil
		}
		m.check(err)
		if errors.Is(err, errCrash) {
			return err
		}
	}
	m.t.Fatalf("cannot open the spool: %v", err)
	return nil
}

// recall puts back what was not durable when a Close failed: records that were
// released, and records that were taken back and are there all the same.
func (m *model) recall() {
	if m.s.r.released < m.durable {
		m.t.Errorf("record %d is released, and %d was for good", m.s.r.released, m.durable)
	}
	m.settled = m.s.r.released
	for m.done > 0 && m.all[m.done-1].seq > m.settled {
		m.done--
	}
	m.read = m.done
	for seq := m.settled + uint64(len(m.all)-m.done) + 1; seq < m.s.next; seq++ {
		m.all = append(m.all, modelRecord{seq: seq})
		m.uncertain++
	}
}

// verify opens what the crash left and checks what is in it.
func (m *model) verify(after *simFS, how string) {
	m.t.Helper()
	o := modelOptions
	o.FS = after
	s, err := Open("d", o)
	if err != nil {
		m.t.Errorf("%s: Open: %v", how, err)
		return
	}
	must := map[uint64]string{}
	for _, r := range m.all[:len(m.all)-m.unsynced] {
		if r.seq > m.settled && r.promised {
			must[r.seq] = r.text
		}
	}
	if pending := s.Stats().Pending; pending.Records < int64(len(must)) {
		m.t.Errorf("%s: Stats has %d records pending, and %d are durable", how, pending.Records, len(must))
	}
	m.readAll(s, must, how)
	st := s.Stats()
	if st.Damaged.Records > int64(m.unsynced+m.uncertain) || st.Unread != (Totals{}) {
		m.t.Errorf("%s: %d records are missing, of which %d were not synced; %+v are unread at the end", how, st.Damaged.Records, m.unsynced, st.Unread)
	}
	m.appendOne(s, how)
	if err := s.Close(); err != nil {
		m.t.Errorf("%s: Close: %v", how, err)
	}
}

// readAll reads what is there and checks that each record is whole, in order and
// not settled for sure, and that none of must is missing.
func (m *model) readAll(s *Spool, must map[uint64]string, how string) {
	m.t.Helper()
	last := m.durable
	for {
		rec, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			m.t.Errorf("%s: Next: %v", how, err)
			return
		}
		text := describe(rec.Meta, rec.Bytes)
		switch want, ok := must[rec.Seq]; {
		case rec.Seq <= last:
			m.t.Errorf("%s: record %d is returned after %d", how, rec.Seq, last)
		case ok && text != want:
			m.t.Errorf("%s: record %d is %.40q, want %.40q", how, rec.Seq, text, want)
		case !ok && !m.attempts[rec.Seq][text]:
			m.t.Errorf("%s: record %d is %.40q, which was not appended", how, rec.Seq, text)
		}
		delete(must, rec.Seq)
		last = rec.Seq
	}
	for seq := range must {
		m.t.Errorf("%s: record %d was durable and is gone", how, seq)
	}
}

// appendOne checks that a record that is appended now is read.
func (m *model) appendOne(s *Spool, how string) {
	m.t.Helper()
	for {
		_, err := s.Append(Meta{Lines: 1}, []byte("after"))
		if !errors.Is(err, ErrFull) {
			if err != nil {
				m.t.Errorf("%s: Append: %v", how, err)
				return
			}
			break
		}
		if _, err := s.DropOldest(); err != nil {
			m.t.Errorf("%s: DropOldest: %v", how, err)
			return
		}
	}
	if err := s.Sync(); err != nil {
		m.t.Errorf("%s: Sync: %v", how, err)
	}
	rec, err := s.Next()
	if err != nil || string(rec.Bytes) != "after" {
		m.t.Errorf("%s: the record that was appended is %q, %v", how, rec.Bytes, err)
		return
	}
	if err := errors.Join(s.Release(rec.Seq), s.Sync()); err != nil {
		m.t.Errorf("%s: Release: %v", how, err)
	}
	if st := s.Stats(); st.Pending != (Totals{}) || st.Segments > 1 {
		m.t.Errorf("%s: after all is released, %+v in %d segments is pending", how, st.Pending, st.Segments)
	}
}
