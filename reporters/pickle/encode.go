package pickle

import (
	"encoding/binary"
	"math"
	"strconv"
)

// Bounds on the frames that are written: those that Carbon's own relay keeps.
const (
	maxPoints = 500
	maxFrame  = 512 << 10

	// maxPath is far above the lines that a reporters.Pusher passes on, and
	// far below a frame.
	maxPath = 64 << 10
)

// pointSize is how many bytes a point has beside its path.
const pointSize = 1 + 4 + 9 + 9 + 1 + 1

// frame builds one frame.
type frame struct {
	buf    []byte
	points int
}

// reset empties f.
func (f *frame) reset() {
	f.points = 0
	f.buf = append(f.buf[:0], 0, 0, 0, 0, opProto, 2, opEmptyList, opMark)
}

// fits reports whether a point with a path of n bytes may be added.
func (f *frame) fits(n int) bool {
	return f.points < maxPoints && len(f.buf)+n+pointSize+len("e.") <= maxFrame
}

// add adds a point. Whole seconds are integers, as clients write them.
func (f *frame) add(path []byte, time, value float64) {
	f.points++
	f.buf = binary.LittleEndian.AppendUint32(append(f.buf, opBinUnicode), uint32(len(path)))
	f.buf = append(f.buf, path...)
	if second := int32(time); float64(second) == time {
		f.buf = binary.LittleEndian.AppendUint32(append(f.buf, opBinInt), uint32(second))
	} else {
		f.buf = appendFloat(f.buf, time)
	}
	f.buf = append(appendFloat(f.buf, value), opTuple2, opTuple2)
}

func appendFloat(dst []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, opBinFloat), math.Float64bits(v))
}

// bytes ends the frame and returns it, until the next reset.
func (f *frame) bytes() []byte {
	f.buf = append(f.buf, opAppends, opStop)
	binary.BigEndian.PutUint32(f.buf, uint32(len(f.buf)-4))
	return f.buf
}

// parseLine returns the parts of a Graphite line, which an encoder or a decoder
// of package graphite has checked.
func parseLine(line []byte) (path []byte, time, value float64, ok bool) {
	path, line = cutField(line)
	val, line := cutField(line)
	stamp, line := cutField(line)
	more, _ := cutField(line)
	if len(path) == 0 || len(stamp) == 0 || len(more) > 0 {
		return nil, 0, 0, false
	}
	value, err := strconv.ParseFloat(string(val), 64)
	if err != nil {
		return nil, 0, 0, false
	}
	time, err = strconv.ParseFloat(string(stamp), 64)
	return path, time, value, err == nil
}

// cutField returns the first field of line and the rest of line.
func cutField(line []byte) (first, rest []byte) {
	i := 0
	for i < len(line) && isSpace(line[i]) {
		i++
	}
	start := i
	for i < len(line) && !isSpace(line[i]) {
		i++
	}
	return line[start:i], line[i:]
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }
