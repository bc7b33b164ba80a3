package spool

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// The version of the format that this package writes. Every version keeps the
// magic, the version and the CRC of a header and of a slot where they are, so
// that an older program recognizes a newer one's files.
const version = 1

// Sizes in bytes.
const (
	headerSize       = 512 // one sector, so that it is written as a whole
	recordHeaderSize = 32
	footerSize       = 72
	slotSize         = 64
	slotStride       = 4096 // the slots are in two blocks, so that one bad block does not cost both
	cursorSize       = slotStride + slotSize

	maxIdentity = 255
	maxFormat   = 63

	// MaxRecord is the largest record.
	MaxRecord = 1 << 20
)

// Magic numbers begin with a byte that UTF-8 does not have, so that no text is
// taken for one.
const (
	headerMagic = "\xf5mkspool"
	recordMagic = "\xf5rec"
	footerMagic = "\xf5end"
	slotMagic   = "\xf5cur"
)

var (
	order      = binary.LittleEndian
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// A header is the first sector of a segment.
type header struct {
	version  uint32
	spoolID  uint64 // random, the same in all files of a spool
	first    uint64 // sequence of the first record
	created  int64  // unix ms
	attempt  uint32 // of several segments with the same first record, the one with the largest has it
	identity string
	format   string
}

// encode returns the header as it stands in the file.
func (h header) encode() []byte {
	b := make([]byte, headerSize)
	copy(b, headerMagic)
	order.PutUint32(b[8:], h.version)
	order.PutUint32(b[12:], headerSize)
	order.PutUint64(b[16:], h.spoolID)
	order.PutUint64(b[24:], h.first)
	order.PutUint64(b[32:], uint64(h.created))
	b[40] = byte(len(h.identity))
	b[41] = byte(len(h.format))
	order.PutUint32(b[44:], h.attempt)
	copy(b[48:48+maxIdentity], h.identity)
	copy(b[304:304+maxFormat], h.format)
	order.PutUint32(b[headerSize-4:], checksum(b[:headerSize-4]))
	return b
}

// decodeHeader reports false if b is not a whole header. Of a newer version it
// decodes the version alone.
func decodeHeader(b []byte) (h header, ok bool) {
	if len(b) < headerSize || string(b[:len(headerMagic)]) != headerMagic ||
		order.Uint32(b[headerSize-4:]) != checksum(b[:headerSize-4]) {
		return header{}, false
	}
	h.version = order.Uint32(b[8:])
	if h.version > version {
		return h, true
	}
	h.spoolID = order.Uint64(b[16:])
	h.first = order.Uint64(b[24:])
	h.created = int64(order.Uint64(b[32:]))
	h.attempt = order.Uint32(b[44:])
	h.identity = string(b[48 : 48+min(int(b[40]), maxIdentity)])
	h.format = string(b[304 : 304+min(int(b[41]), maxFormat)])
	return h, h.first > 0
}

// appendRecord appends a record with its header to dst.
func appendRecord(dst []byte, seq uint64, m Meta, body []byte) []byte {
	at := len(dst)
	dst = append(dst, recordMagic...)
	dst = order.AppendUint32(dst, uint32(len(body)))
	dst = order.AppendUint32(dst, 0) // the CRC
	dst = order.AppendUint64(dst, seq)
	dst = order.AppendUint32(dst, uint32(m.Lines))
	dst = order.AppendUint64(dst, uint64(m.Time.UnixMilli()))
	dst = append(dst, body...)
	order.PutUint32(dst[at+8:], checksum(dst[at+12:]))
	return dst
}

// recordLength returns the size of a record with the header b, and false if b
// is no header of a record that fits into room bytes.
func recordLength(b []byte, room int64) (int, bool) {
	if len(b) < recordHeaderSize || string(b[:4]) != recordMagic {
		return 0, false
	}
	n := order.Uint32(b[4:])
	if n == 0 || n > MaxRecord || int64(n)+recordHeaderSize > room {
		return 0, false
	}
	return recordHeaderSize + int(n), true
}

// decodeRecord decodes a whole record. Its Bytes are part of b. It reports
// false if the CRC does not match.
func decodeRecord(b []byte) (Record, bool) {
	if order.Uint32(b[8:]) != checksum(b[12:]) {
		return Record{}, false
	}
	return Record{
		Seq: order.Uint64(b[12:]),
		Meta: Meta{
			Lines: int(order.Uint32(b[20:])),
			Time:  time.UnixMilli(int64(order.Uint64(b[24:]))),
		},
		Bytes: b[recordHeaderSize:],
	}, true
}

// A footer is at the end of a segment that gets no more records. It saves
// reading the segment when the spool is opened, and is not needed otherwise.
type footer struct {
	spoolID        uint64
	first, next    uint64 // sequences of the first record and after the last one
	total          Totals
	oldest, newest int64 // unix ms
}

func (f footer) encode() []byte {
	b := make([]byte, footerSize)
	copy(b, footerMagic)
	for i, v := range []uint64{f.spoolID, f.first, f.next, uint64(f.total.Records), uint64(f.total.Lines), uint64(f.total.Bytes),
		uint64(f.oldest), uint64(f.newest)} {
		order.PutUint64(b[8+8*i:], v)
	}
	order.PutUint32(b[4:], checksum(b[8:]))
	return b
}

// decodeFooter reports false if b is not a whole footer that makes sense.
func decodeFooter(b []byte) (f footer, ok bool) {
	if len(b) < footerSize || string(b[:4]) != footerMagic || order.Uint32(b[4:]) != checksum(b[8:footerSize]) {
		return footer{}, false
	}
	at := func(i int) uint64 { return order.Uint64(b[8+8*i:]) }
	f = footer{
		spoolID: at(0), first: at(1), next: at(2),
		total:  Totals{Records: int64(at(3)), Lines: int64(at(4)), Bytes: int64(at(5))},
		oldest: int64(at(6)), newest: int64(at(7)),
	}
	ok = f.first > 0 && f.next >= f.first && f.total.Records >= 0 && uint64(f.total.Records) <= f.next-f.first &&
		f.total.Lines >= 0 && f.total.Bytes >= 0
	return f, ok
}

// A slot is one of the two copies of the reader's position.
type slot struct {
	version    uint32
	spoolID    uint64
	generation uint64 // the slot with the larger one is newer
	released   uint64 // records up to this sequence are settled
	read       uint64 // records up to this sequence were returned by Next
	next       uint64 // sequence after the last durable record
}

func (s slot) encode() []byte {
	b := make([]byte, slotSize)
	copy(b, slotMagic)
	order.PutUint32(b[8:], s.version)
	for i, v := range []uint64{s.spoolID, s.generation, s.released, s.read, s.next} {
		order.PutUint64(b[16+8*i:], v)
	}
	order.PutUint32(b[4:], checksum(b[8:]))
	return b
}

// decodeSlot reports false if b is not a whole slot that makes sense. Of a newer
// version it decodes the version alone.
func decodeSlot(b []byte) (s slot, ok bool) {
	if len(b) < slotSize || string(b[:4]) != slotMagic || order.Uint32(b[4:]) != checksum(b[8:slotSize]) {
		return slot{}, false
	}
	s.version = order.Uint32(b[8:])
	if s.version > version {
		return s, true
	}
	at := func(i int) uint64 { return order.Uint64(b[16+8*i:]) }
	s.spoolID, s.generation, s.released, s.read, s.next = at(0), at(1), at(2), at(3), at(4)
	return s, s.next > s.read && s.read >= s.released
}
