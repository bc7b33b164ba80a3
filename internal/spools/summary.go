package spools

import (
	"errors"
	"path/filepath"
	"time"
)

// A Summary says what is in a spool.
type Summary struct {
	Dir         string `json:"dir"`
	Destination string `json:"destination"` // empty if nothing in the spool has it
	Format      string `json:"format"`

	Records int64 `json:"records"` // that wait
	Lines   int64 `json:"lines"`
	Bytes   int64 `json:"bytes"`

	DiskBytes        int64      `json:"disk_bytes"` // of the segments
	Oldest           *time.Time `json:"oldest"`     // line that waits; nil if none does
	OldestAgeSeconds float64    `json:"oldest_age_seconds"`

	DamagedBytes   int64 `json:"damaged_bytes"`
	MissingRecords int64 `json:"missing_records"`
	CursorLost     bool  `json:"cursor_lost"` // it is not known what was sent before

	Locked *bool  `json:"locked"` // by a process that has the spool open; nil if that is not known
	Error  string `json:"error,omitempty"`
}

// Summarize reads all of the spool at p. What goes wrong is in Summary.Error.
func Summarize(p Place, now time.Time) Summary {
	s := Summary{Dir: p.Dir}
	if is, err := locked(filepath.Join(p.Dir, lockFile)); err == nil {
		s.Locked = &is
	}
	if err := s.read(p, now); err != nil {
		s.Error = err.Error()
	}
	return s
}

func (s *Summary) read(p Place, now time.Time) error {
	r, err := newReader(p)
	if err != nil {
		return err
	}
	defer r.close()
	for rec, ok := r.next(); ok; rec, ok = r.next() {
		if s.Oldest == nil || rec.Time.Before(*s.Oldest) {
			at := rec.Time.UTC()
			s.Oldest, s.OldestAgeSeconds = &at, max(now.Sub(at), 0).Seconds()
		}
	}
	info := r.view.Info()
	s.Destination, s.Format, s.CursorLost = info.Identity, info.Format, info.CursorLost
	s.Records, s.Lines, s.Bytes = info.Pending.Records, info.Pending.Lines, info.Pending.Bytes
	s.DamagedBytes, s.MissingRecords = info.Damaged, r.missingRecords()
	for _, seg := range info.Segments {
		s.DiskBytes += seg.Size
	}
	return errors.Join(r.errs...)
}
