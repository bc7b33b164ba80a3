package spools

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"monkit.example/internal/spool"
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
	if p.Err != nil {
		return 0, p.Err
	}
	v, err := spool.Inspect(p.Dir, nil)
	if err != nil {
		return 0, explain(err)
	}
	defer v.Close()
	var errs []error
	for l.Lines == 0 || lines < l.Lines {
		rec, err := v.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			errs = append(errs, explain(err))
			continue
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
	if info := v.Info(); info.Damaged+info.Missing > 0 {
		errs = append(errs, fmt.Errorf("%s: %d bytes are damaged and %d records are missing, which are left out; verify says where",
			p.Dir, info.Damaged, info.Missing))
	}
	return lines, errors.Join(errs...)
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
