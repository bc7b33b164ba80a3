package loglimit

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// maxLine is how many bytes of a line a Writer passes on: a stack of goroutines has
// its reason at the start.
const maxLine = 4 << 10

// Writer is the output of a log.Logger of which someone else decides what it prints
// and how often, such as that of net/http. It passes one line a minute to a
// slog.Logger, and one about a panic. Its methods may be called from any goroutine.
type Writer struct {
	to   *slog.Logger
	text string

	mu            sync.Mutex
	lines, panics Limit // guarded by mu
}

// NewWriter returns a Writer whose records have the message text and the line as
// the attribute err.
func NewWriter(to *slog.Logger, text string) *Writer { return &Writer{to: to, text: text} }

// Write implements io.Writer. It never fails.
func (w *Writer) Write(p []byte) (int, error) {
	line := strings.TrimSpace(strings.ToValidUTF8(string(p[:min(len(p), maxLine)]), ""))
	level, limit := slog.LevelWarn, &w.lines
	if strings.Contains(line, "panic") {
		level, limit = slog.LevelError, &w.panics
	}
	w.mu.Lock()
	more, ok := limit.Allow(time.Now())
	w.mu.Unlock()
	if ok {
		w.to.Log(context.Background(), level, w.text, "err", line, "more", more)
	}
	return len(p), nil
}
