package send

import (
	"log/slog"
	"time"

	"monkit.example/internal/loglimit"
)

// refusalRecord is the newest record about datagrams that were refused. They count as
// delivered, since no peer confirms a datagram, and the system of the peer answers
// some of them only: the record is the one sign that nothing listens.
type refusalRecord struct {
	refusing bool
	limit    loglimit.Limit
	count    int64 // refused datagrams
	before   int64 // those before refusing was set
}

// updateRefused logs that datagrams are refused, at once and then once a minute with
// their number, and that none was for a minute. It returns when to call it again at
// the latest, or zero if it need not be called.
func (j *journal) updateRefused(now time.Time, refused int64) (next time.Time) {
	r := &j.refused
	switch more := refused - r.count; {
	case more == 0 && !r.refusing:
		return time.Time{}
	case !r.limit.Ready(now):
		return r.limit.Next()
	case more == 0:
		j.write(slog.LevelInfo, "no datagrams were refused for a minute", "refused", r.count-r.before)
		r.refusing = false
		return time.Time{}
	default:
		j.write(slog.LevelWarn, "nothing listens at the destination: its system refuses datagrams, which count as delivered; the next record of that comes in a minute", "refused", more)
	}
	if !r.refusing {
		r.refusing, r.before = true, r.count
	}
	r.count = refused
	r.limit.Allow(now)
	return r.limit.Next()
}

// refuser is a Transport whose peer may refuse what counts as delivered.
type refuser interface{ refusals() int64 }

// refusals returns how many datagrams were refused.
func (s *Sender) refusals() int64 {
	if r, ok := optional[refuser](s.transport); ok {
		return r.refusals()
	}
	return 0
}
