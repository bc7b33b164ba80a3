package spools

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

// Limits select what Copy writes. The zero value selects everything.
type Limits struct {
	Lines    int64     // the oldest ones; zero means all
	From, To time.Time // of the first line of a record; To is not included; zero means no limit
}

func (l Limits) selects(at time.Time) bool {
	return (l.From.IsZero() || !at.Before(l.From)) && (l.To.IsZero() || at.Before(l.To))
}

// Copy writes the lines that wait in the spool at p to w, oldest first, as they
// would be sent, and returns how many. Damage does not end it: the error says at
// the end what was left out. An error of w is returned at once.
func Copy(w io.Writer, p Place, l Limits) (lines int64, err error) {
	r, err := newReader(p)
	if err != nil {
		return 0, err
	}
	defer r.close()
	for l.Lines == 0 || lines < l.Lines {
		rec, ok := r.next()
		if !ok {
			break
		}
		if !l.selects(rec.Time) {
			continue
		}
		text := rec.Bytes
		if l.Lines > 0 {
			text = firstLines(text, l.Lines-lines)
		}
		if _, err := w.Write(text); err != nil {
			return lines, err
		}
		lines += int64(bytes.Count(text, []byte{'\n'}))
	}
	if damaged, missing := r.view.Info().Damaged, r.missingRecords(); damaged+missing > 0 {
		r.errs = append(r.errs, fmt.Errorf("%s: %d bytes are damaged and %d records are missing, which are left out; verify says where",
			p.Dir, damaged, missing))
	}
	return lines, errors.Join(r.errs...)
}

// firstLines returns the first n lines of text.
func firstLines(text []byte, n int64) []byte {
	end := 0
	for range n {
		i := bytes.IndexByte(text[end:], '\n')
		if i < 0 {
			return text
		}
		end += i + 1
	}
	return text[:end]
}
