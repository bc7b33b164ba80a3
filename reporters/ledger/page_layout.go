package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// The file of a book is one page. Its first sector says what it is and never
// changes; all that changes is in the second, which a disk writes whole.
//
//	0    "mkledger"
//	8    uint32 version
//	12   uint32 kind
//	16   SHA-256 of the identity
//	48   uint32 length of the text that follows
//	52   the first bytes of the identity, for error texts
//	508  CRC-32C of what is before
//	512  64 cells of 8 bytes; those from cellReceived are counts
//
// Numbers are in the byte order of the machine, since counts are added to in
// place. On a machine of the other order, the version is too new.
const (
	pageSize    = 4096
	pageVersion = 1
	magic       = "mkledger"

	offVersion  = 8
	offKind     = 12
	offIdentity = 16
	offLength   = 48
	offText     = 52
	offCRC      = 508
	offCells    = 512
)

// States of a book in a file.
const (
	stateRunning = 1
	stateClean   = 2
	stateVoid    = 3 // the machine was started again; the counts are being set to zero
)

// maxCount keeps the sum of all counts within an int64.
const maxCount = 1 << 56

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A kind is what a book counts for.
type kind uint32

const (
	destination kind = 1
	listener    kind = 2
)

func (k kind) String() string {
	if k == listener {
		return "listener"
	}
	return "destination"
}

// An origin is what a book counts, and where.
type origin struct {
	kind     kind
	identity string
	boot     int64 // differs between starts of the machine; 0 if it is unknown
}

// header returns the first sector.
func (o origin) header() []byte {
	h := make([]byte, offCells)
	copy(h, magic)
	order := binary.NativeEndian
	order.PutUint32(h[offVersion:], pageVersion)
	order.PutUint32(h[offKind:], uint32(o.kind))
	sum := sha256.Sum256([]byte(o.identity))
	copy(h[offIdentity:], sum[:])
	order.PutUint32(h[offLength:], uint32(copy(h[offText:offCRC], o.identity)))
	order.PutUint32(h[offCRC:], crc32.Checksum(h[:offCRC], castagnoli))
	return h
}

// errDamaged is the cause of a file that is one of a book, and cannot be read.
// It may be overwritten; a file with any other error may not.
var errDamaged = errors.New("the file is damaged")

// parse returns the cells in the bytes of a file. They are zero if the file is
// empty: of no bytes, of zeros, or of no run, as a full disk or a crash may leave
// it.
func (o origin) parse(file []byte) (v values, empty bool, err error) {
	if len(bytes.Trim(file, "\x00")) == 0 {
		return v, true, nil
	}
	if err := o.parseHeader(file); err != nil {
		return v, false, err
	}
	for i := range v {
		v[i] = int64(binary.NativeEndian.Uint64(file[offCells+8*i:]))
	}
	if v == (values{}) {
		return v, true, nil
	}
	if err := o.validate(&v); err != nil {
		return values{}, false, err
	}
	return v, false, nil
}

func (o origin) parseHeader(file []byte) error {
	order := binary.NativeEndian
	if !bytes.HasPrefix(file, []byte(magic)) {
		return errors.New("not the file of a book; choose another path, or remove it")
	}
	if len(file) < offCells {
		return fmt.Errorf("%w: it has %d bytes", errDamaged, len(file))
	}
	if v := order.Uint32(file[offVersion:]); v > pageVersion {
		return fmt.Errorf("of version %d, and this program reads versions up to %d; it is left as it is", v, pageVersion)
	}
	if crc32.Checksum(file[:offCRC], castagnoli) != order.Uint32(file[offCRC:]) {
		return fmt.Errorf("%w: its checksum is wrong", errDamaged)
	}
	if n := len(file); n != pageSize {
		return fmt.Errorf("%w: it has %d bytes, not %d", errDamaged, n, pageSize)
	}
	if want := o.header(); !bytes.Equal(file[:offCells], want) {
		n := min(order.Uint32(file[offLength:]), offCRC-offText)
		return fmt.Errorf("of the %v %q, not of the %v %q; it is left as it is",
			kind(order.Uint32(file[offKind:])), file[offText:offText+n], o.kind, o.identity)
	}
	return nil
}

// validate returns an error if cells cannot be those of a book.
func (o origin) validate(v *values) error {
	for i, n := range v[cellReceived:] {
		if n < 0 || n > maxCount {
			return fmt.Errorf("%w: a count is %d", errDamaged, n)
		}
		if cell := cellReceived + i; n != 0 && (cell >= cellReasons+len(numbered)) {
			return fmt.Errorf("with a count, number %d, that this program does not know; it is left as it is", cell)
		}
	}
	switch s := v[cellState]; s {
	case stateVoid:
		return nil
	case stateRunning, stateClean:
	default:
		return fmt.Errorf("%w: its state is %d", errDamaged, s)
	}
	if o.kind == listener {
		if l := v.listener(); l.Check() != nil || v[cellSent] != 0 || v[cellRecalled] != 0 || v[cellSpooled] != 0 || v[cellUnspooled] != 0 {
			return fmt.Errorf("%w: %v", errDamaged, l)
		}
		return nil
	}
	if l := v.ledger(); l.Check() != nil || v[cellReceived] != 0 {
		return fmt.Errorf("%w: %v", errDamaged, l)
	}
	return nil
}

// A recovery is what the file of a book said of earlier runs.
type recovery struct {
	end     End
	last    values // when the last run ended
	carried values // what the new run begins with
}

// recoverFrom returns what cells say at this start of the machine.
func (o origin) recoverFrom(v values) recovery {
	r := recovery{last: v, carried: v}
	switch boot := v[cellBoot]; {
	case v[cellState] == stateVoid:
		return recovery{end: EndRebooted}
	case v[cellState] == stateClean:
		r.end = EndClean
	case boot == 0 || o.boot == 0:
		r.end = EndUnknown
	case boot == o.boot:
		r.end = EndKilled
	default:
		r.end = EndRebooted
		r.carried = values{}
	}
	return r
}

// A store changes one cell.
type store struct {
	cell  int
	value int64
}

// enter returns the stores that enter a run that follows r. A run that is killed
// after any of them is followed by one that recovers the same: the state is
// entered last, and while counts that a reboot made useless are set to zero, the
// file says so.
func (o origin) enter(r recovery) (stores []store) {
	if r.end == EndRebooted {
		stores = append(stores, store{cellState, stateVoid})
		for cell := cellReceived; cell < numCells; cell++ {
			stores = append(stores, store{cell, 0})
		}
	}
	return append(stores, store{cellBoot, o.boot}, store{cellState, stateRunning})
}
