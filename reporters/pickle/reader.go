package pickle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxReceived is the size of the largest frame that is read. Carbon closes the
// connection after a larger one, as it does after text that is no frame.
const maxReceived = 1 << 20

const (
	// spareFrame is the size of the frames whose memory a reader keeps for the
	// next one. A frame of 500 points is smaller.
	spareFrame = 64 << 10

	// chunk is how many bytes of lines are made at a time.
	chunk = 16 << 10

	// maxLines bounds the bytes of lines that one frame becomes: by the memo, a
	// long path can be part of any number of points.
	maxLines = 16 << 20
)

// reader reads frames and returns their lines.
type reader struct {
	from io.Reader

	head  [4]byte // the length of the frame
	have  int     // bytes of head that were read
	frame []byte  // its pickle, as far as that was read
	size  int     // of the pickle; -1 until head was read

	machine machine
	points  []ref // of the last frame
	item    int   // in points: the next one
	made    int   // bytes of lines of the last frame

	lines []byte
	next  int   // in lines
	err   error // is returned after lines
}

// NewReader returns a reader of lines in Graphite's plaintext protocol, one for
// each item of the frames that r has, for a decoder of package graphite: also
// for an item that is no point, whose line that decoder rejects. Its Read
// returns the errors of r, after which it may be called again, as after a
// deadline. If r ends within a frame, the last line has no line feed.
func NewReader(r io.Reader) io.Reader { return &reader{from: r, size: -1} }

// Read reads lines into p. It reads no frame before the lines of the last one
// were taken.
func (r *reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for r.next == len(r.lines) {
		switch {
		case r.item < len(r.points):
			r.makeLines()
		case r.err != nil:
			return 0, r.err
		default:
			if err := r.fill(); err != nil {
				return 0, err
			}
		}
	}
	n := copy(p, r.lines[r.next:])
	r.next += n
	return n, nil
}

// fill reads once from the connection and, if that completes a frame, makes its
// lines.
func (r *reader) fill() error {
	if r.size < 0 {
		return r.readHead()
	}
	if cap(r.frame) < r.size {
		r.frame = grown(r.frame, r.size)
	}
	n, err := r.from.Read(r.frame[len(r.frame):min(cap(r.frame), r.size)])
	r.frame = r.frame[:len(r.frame)+n]
	if len(r.frame) == r.size {
		r.endFrame()
		return nil // if err lasts, the next Read returns it
	}
	return r.ended(err)
}

// readHead reads the length of a frame, or a part of it.
func (r *reader) readHead() error {
	n, err := r.from.Read(r.head[r.have:])
	r.have += n
	if r.have < len(r.head) {
		return r.ended(err)
	}
	size := binary.BigEndian.Uint32(r.head[:])
	if size > maxReceived {
		why := fmt.Sprintf("frame of %d bytes is refused: at most %d are read; text belongs to a listener of graphite", size, maxReceived)
		r.lines, r.next = appendRejection(r.lines[:0], why), 0
		r.err = errors.New("pickle: " + why)
		return nil
	}
	r.size, r.have = int(size), 0
	if size == 0 {
		r.endFrame()
	}
	return nil
}

// grown returns a frame with the bytes of p and room for more, up to size: the
// length that a peer claims is not believed before its bytes arrive.
func grown(p []byte, size int) []byte {
	if len(p) < cap(p) {
		return p
	}
	more := make([]byte, len(p), min(size, max(2*cap(p), 4<<10)))
	copy(more, p)
	return more
}

// endFrame runs the pickle of a frame that was read.
func (r *reader) endFrame() {
	var err error
	r.item, r.made = 0, 0
	if r.points, err = r.machine.points(r.frame); err != nil {
		r.lines, r.next = appendRejection(r.lines[:0], err.Error()), 0
		r.points = nil
	}
	r.size = -1
	if len(r.points) == 0 {
		r.release()
	}
}

// makeLines makes the next lines of the last frame.
func (r *reader) makeLines() {
	r.lines, r.next = r.lines[:0], 0
	for r.item < len(r.points) && len(r.lines) < chunk {
		if r.made+len(r.lines) < maxLines {
			r.lines = r.machine.appendItem(r.lines, r.item, r.points[r.item])
		} else {
			r.lines = appendRejection(r.lines, "item of a pickle that is too large")
		}
		r.item++
	}
	r.made += len(r.lines)
	if r.item == len(r.points) {
		r.release()
	}
}

// release empties the memory of the last frame, or frees it if that was larger
// than most.
func (r *reader) release() {
	r.points, r.item = nil, 0
	if cap(r.frame) > spareFrame {
		r.frame, r.machine = nil, machine{}
	}
	r.frame = r.frame[:0]
	r.machine.in = nil
}

// ended returns err. If the connection ended within a frame, it makes an
// unfinished line.
func (r *reader) ended(err error) error {
	if err == io.EOF && (r.size >= 0 || r.have > 0) {
		r.lines, r.next = append(r.lines[:0], "frame that its connection ended in"...), 0
		r.err = io.EOF
		return nil
	}
	return err
}
