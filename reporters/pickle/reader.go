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
	// spareFrame is the size of the frames whose machine keeps its memory for the
	// next one. A frame of 500 points is smaller.
	spareFrame = 64 << 10

	// firstFrame is what a reader keeps of the memory of a frame. An idle
	// connection needs no more.
	firstFrame = 4 << 10

	// numMachines bounds the frames whose lines are being made: one of a
	// megabyte may need tens of them until its lines were taken.
	numMachines = 4

	// chunk is how many bytes of lines are made at a time.
	chunk = 16 << 10

	// maxLines bounds the bytes of lines that one frame becomes: by the memo, a
	// long path can be part of any number of points.
	maxLines = 16 << 20
)

// Readers makes readers for the connections of one listener, which share a few
// machines that run pickles.
type Readers struct{ machines chan *machine }

// NewReaders returns a maker of readers.
func NewReaders() *Readers {
	r := &Readers{machines: make(chan *machine, numMachines)}
	for range numMachines {
		r.machines <- new(machine)
	}
	return r
}

// reader reads frames and returns their lines.
type reader struct {
	from io.Reader
	grow func(by int) bool

	head  [4]byte // the length of the frame
	have  int     // bytes of head that were read
	frame []byte  // its pickle, as far as that was read
	size  int     // of the pickle; -1 until head was read
	skip  int     // bytes of a refused frame that are still to be read

	machines chan *machine
	machine  *machine // of the last frame; nil once its lines were taken
	points   []ref    // of the last frame
	item     int      // in points: the next one
	made     int      // bytes of lines of the last frame

	lines []byte
	next  int   // in lines
	err   error // is returned after lines
}

// NewReader returns a reader of lines in Graphite's plaintext protocol, one for
// each item of the frames that r has, for a decoder of package graphite: also
// for an item that is no point, whose line that decoder rejects. Its Read
// returns the errors of r, after which it may be called again, as after a
// deadline. If r ends within a frame, the last line has no line feed.
//
// The reader asks grow for each part of the memory of a frame that is arriving, and
// gives that back with a negative number. A frame for which grow returns false is
// skipped, and has no line. A nil grow never does. Read may wait until the lines of
// other readers were taken, so a reader that is not read to its end must be closed.
func (s *Readers) NewReader(r io.Reader, grow func(by int) bool) io.ReadCloser {
	if grow == nil {
		grow = func(int) bool { return true }
	}
	return &reader{from: r, grow: grow, size: -1, machines: s.machines}
}

// NewReader returns a reader of [Readers] that has machines of its own, and no bound on
// its memory but the size of a frame.
func NewReader(r io.Reader) io.Reader { return NewReaders().NewReader(r, nil) }

// Close gives memory and machine back. Nothing may be read afterwards.
func (r *reader) Close() error {
	r.endMachine()
	r.freeFrame(0)
	return nil
}

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
		case r.machine != nil:
			r.release()
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
	if r.skip > 0 || !r.makeRoom() {
		return r.skipFrame()
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

// makeRoom makes room for more of the frame, if there is none: the length that a peer
// claims is not believed before its bytes arrive. It returns false if there is no
// memory for more, after which the rest of the frame is skipped.
func (r *reader) makeRoom() bool {
	if len(r.frame) < cap(r.frame) {
		return true
	}
	size := min(r.size, max(2*cap(r.frame), firstFrame))
	if !r.grow(size - cap(r.frame)) {
		r.skip = r.size - len(r.frame)
		r.freeFrame(firstFrame)
		return false
	}
	more := make([]byte, len(r.frame), size)
	copy(more, r.frame)
	r.frame = more
	return true
}

// freeFrame empties the frame, and frees its memory if that is more than most.
func (r *reader) freeFrame(most int) {
	if cap(r.frame) > most {
		r.grow(-cap(r.frame))
		r.frame = nil
	}
	r.frame = r.frame[:0]
}

// skipFrame reads once of a frame that there is no memory for.
func (r *reader) skipFrame() error {
	if cap(r.lines) < firstFrame {
		r.lines = make([]byte, 0, firstFrame)
	}
	r.lines, r.next = r.lines[:0], 0
	n, err := r.from.Read(r.lines[:min(r.skip, firstFrame)])
	if r.skip -= n; r.skip == 0 {
		r.size = -1
		return nil // if err lasts, the next Read returns it
	}
	if err == io.EOF {
		r.err = err // the frame was counted by who refused its memory
		return nil
	}
	return err
}

// endFrame runs the pickle of a frame that was read.
func (r *reader) endFrame() {
	var err error
	r.item, r.made = 0, 0
	r.machine = <-r.machines
	if r.points, err = r.machine.points(r.frame); err != nil {
		r.lines, r.next = appendRejection(r.lines[:0], err.Error()), 0
		r.points = nil
	}
	r.size = -1
}

// makeLines makes the next lines of the last frame.
func (r *reader) makeLines() {
	r.lines, r.next = r.machine.lines[:0], 0
	for r.item < len(r.points) && len(r.lines) < chunk {
		if r.made+len(r.lines) < maxLines {
			r.lines = r.machine.appendItem(r.lines, r.item, r.points[r.item])
		} else {
			r.lines = appendRejection(r.lines, "item of a pickle that is too large")
		}
		r.item++
	}
	r.made += len(r.lines)
	r.machine.lines = r.lines
}

// release gives back what the last frame needed, whose lines were taken.
func (r *reader) release() {
	r.lines, r.next, r.points, r.item = nil, 0, nil, 0
	r.endMachine()
	r.freeFrame(firstFrame)
}

// endMachine gives the machine back, without its memory if the frame was larger than
// most.
func (r *reader) endMachine() {
	m := r.machine
	if m == nil {
		return
	}
	if m.in = nil; cap(r.frame) > spareFrame {
		*m = machine{}
	}
	r.machine = nil
	r.machines <- m
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
