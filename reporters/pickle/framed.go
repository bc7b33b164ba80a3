package pickle

import (
	"bytes"
	"context"
	"log/slog"

	"monkit.example/internal/push"
	"monkit.example/internal/send"
)

// framed is a send.Stream that takes lines and writes them as frames to another
// one. The peer has the lines of a frame when it has acknowledged all of it.
type framed struct {
	send.Stream
	push.Log

	frame   frame
	pieces  []piece // the frames of the window, oldest first
	written int     // bytes of pieces that were written
}

// piece is a frame that was written, at least in part, and not acknowledged.
type piece struct {
	lines int // bytes of its lines
	frame int // bytes of the whole frame
}

var (
	_ send.Stream  = (*framed)(nil)
	_ send.Wrapper = (*framed)(nil)
)

func newFramed(s send.Stream) *framed { return &framed{Stream: s} }

// Unwrap implements send.Wrapper.
func (f *framed) Unwrap() send.Transport { return f.Stream }

// Write writes the lines of p, which are whole, as frames. Of a frame that was
// written in part, the peer may have no line: it is sent again.
func (f *framed) Write(ctx context.Context, p []byte) (n int, err error) {
	for n < len(p) {
		lines := f.fill(p[n:])
		if f.frame.points == 0 {
			// None of the lines can be sent. They are acknowledged with what
			// is before them.
			f.pieces = append(f.pieces, piece{lines: lines})
			n += lines
			continue
		}
		whole := f.frame.bytes()
		m, err := f.Stream.Write(ctx, whole)
		if m > 0 {
			f.pieces = append(f.pieces, piece{lines: lines, frame: len(whole)})
			f.written += m
			n += lines
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// fill makes the frame of the first lines of p and returns their size.
func (f *framed) fill(p []byte) int {
	f.frame.reset()
	n := 0
	for n < len(p) {
		end := bytes.IndexByte(p[n:], '\n') + 1
		if end == 0 {
			end = len(p) - n
		}
		line := bytes.TrimSuffix(p[n:n+end], []byte{'\n'})
		path, at, value, ok := parseLine(line)
		switch {
		case !ok || len(path) > maxPath:
			// A fault of this program, since package graphite checks what it passes on.
			f.Record(slog.LevelError, "a line that cannot be written as pickle is left out", "line", string(line[:min(len(line), 200)]))
		case !f.frame.fits(len(path)):
			return n
		default:
			f.frame.add(path, at, value)
		}
		n += end
	}
	return n
}

// Unacked returns how many bytes of lines the peer may not have.
func (f *framed) Unacked() (int, error) {
	unacked, err := f.Stream.Unacked()
	if err != nil {
		return f.lines(), err
	}
	return f.acknowledge(unacked), nil
}

// Reset closes the connection and returns the last result of Unacked.
func (f *framed) Reset() int {
	n := f.acknowledge(f.Stream.Reset())
	f.pieces, f.written = f.pieces[:0], 0
	return n
}

// acknowledge removes the pieces that the peer has, of which unacked bytes are
// missing, and returns the bytes of the lines of the others.
func (f *framed) acknowledge(unacked int) int {
	done := 0
	for done < len(f.pieces) && f.pieces[done].frame <= f.written-unacked {
		f.written -= f.pieces[done].frame
		done++
	}
	f.pieces = append(f.pieces[:0], f.pieces[done:]...)
	return f.lines()
}

// lines returns the bytes of the lines of all pieces.
func (f *framed) lines() int {
	n := 0
	for _, p := range f.pieces {
		n += p.lines
	}
	return n
}
