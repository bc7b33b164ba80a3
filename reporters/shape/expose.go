package shape

import (
	"log/slog"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

var (
	_ reporters.Reporter = (*shaper)(nil)
	_ reporters.Named    = (*shaper)(nil)
	_ reporters.Logging  = (*shaper)(nil)
	_ monkit.TotalSource = (*shaper)(nil)

	_ reporters.Monitored  = (*shaper)(nil)
	_ reporters.Quarantine = (*shaper)(nil)
)

// expose returns s with the optional interfaces of the reporter behind it. A
// shaper always has a name, which is the one that a collector would give to that
// reporter, and series.
func (s *shaper) expose() reporters.Reporter {
	available, isAvailability := s.rep.(reporters.Availability)
	keeper, isKeeper := s.rep.(ledger.Keeper)
	switch {
	case isAvailability && isKeeper:
		return struct {
			*shaper
			reporters.Availability
			ledger.Keeper
		}{s, available, keeper}
	case isAvailability:
		return struct {
			*shaper
			reporters.Availability
		}{s, available}
	case isKeeper:
		return struct {
			*shaper
			ledger.Keeper
		}{s, keeper}
	}
	return s
}

// SetLogger passes l to the reporter behind s, if that is a Logging.
func (s *shaper) SetLogger(l *slog.Logger) (logs bool) {
	r, ok := s.rep.(reporters.Logging)
	return ok && r.SetLogger(l)
}

// SenderStats returns the numbers of the reporter behind s, if that is a Monitored.
func (s *shaper) SenderStats() (stats ledger.SenderStats, ok bool) {
	if r, ok := s.rep.(reporters.Monitored); ok {
		return r.SenderStats()
	}
	return stats, false
}

// RejectedLines returns the lines that the reporter behind s keeps, if that is a
// Quarantine.
func (s *shaper) RejectedLines() []ledger.RejectedLine {
	if r, ok := s.rep.(reporters.Quarantine); ok {
		return r.RejectedLines()
	}
	return nil
}

// self returns s, also from the types that expose makes.
func (s *shaper) self() *shaper { return s }
