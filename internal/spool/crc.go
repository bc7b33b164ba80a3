package spool

import (
	"errors"
	"hash/crc32"
	"io"
)

// A rangeCRC computes the CRC of any range of a segment in about the same time,
// however long the range is, after it has read each block once. A search for the
// next record needs it if there is much that looks like a record and is none: to
// read up to MaxRecord bytes for each could take a minute a segment.
type rangeCRC struct {
	file    File
	lenient bool
	base    int64
	sums    []uint32 // sums[i] is of i blocks from base on

	// Ranges that follow each other begin and end in the same blocks.
	start, end block
}

// A block is a part of a file.
type block struct {
	at   int64
	data []byte
}

func newRangeCRC(s *scanner, base int64) *rangeCRC {
	return &rangeCRC{file: s.file, lenient: s.lenient, base: base, sums: []uint32{0}}
}

// of returns the CRC of the bytes from one offset to another, which are in the
// file.
func (c *rangeCRC) of(from, to int64) (uint32, error) {
	before, err := c.prefix(from, &c.start)
	if err != nil {
		return 0, err
	}
	all, err := c.prefix(to, &c.end)
	if err != nil {
		return 0, err
	}
	return all ^ shiftCRC(before, uint64(to-from)), nil
}

// prefix returns the CRC of the bytes from base to an offset.
func (c *rangeCRC) prefix(to int64, b *block) (uint32, error) {
	blocks := int((to - c.base) / blockSize)
	for len(c.sums) <= blocks {
		last := len(c.sums) - 1
		if err := c.read(b, c.base+int64(last)*blockSize); err != nil {
			return 0, err
		}
		c.sums = append(c.sums, crc32.Update(c.sums[last], castagnoli, b.data))
	}
	at := c.base + int64(blocks)*blockSize
	if to == at {
		return c.sums[blocks], nil
	}
	if err := c.read(b, at); err != nil {
		return 0, err
	}
	return crc32.Update(c.sums[blocks], castagnoli, b.data[:to-at]), nil
}

// read fills b with the block at an offset, and with zeros where the file ends or,
// if c is lenient, cannot be read.
func (c *rangeCRC) read(b *block, at int64) error {
	if b.data != nil && b.at == at {
		return nil
	}
	if b.data == nil {
		b.data = make([]byte, blockSize)
	}
	b.at = -1
	n, err := c.file.ReadAt(b.data, at)
	if err != nil && !errors.Is(err, io.EOF) {
		if !c.lenient {
			return err
		}
		n = readSome(c.file, b.data, at)
	}
	clear(b.data[n:])
	b.at = at
	return nil
}

// A CRC is the remainder of a division of polynomials over GF(2). powers[i] is
// x to the power of 2 to the power of i+3, so that multiplying by it appends 2 to
// the power of i zero bytes.
var powers = func() (p [32]uint32) {
	p[0] = 1 << (31 - 8)
	for i := 1; i < len(p); i++ {
		p[i] = multiply(p[i-1], p[i-1])
	}
	return p
}()

// shiftCRC returns what the CRC of some bytes contributes to that of the same
// bytes with n more behind them.
func shiftCRC(crc uint32, n uint64) uint32 {
	for i := 0; n > 0; i, n = i+1, n>>1 {
		if n&1 != 0 {
			crc = multiply(crc, powers[i])
		}
	}
	return crc
}

// multiply returns the product of two polynomials, whose highest bit is that of
// the power 0.
func multiply(a, b uint32) (product uint32) {
	for bit := uint32(1 << 31); bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		if b&1 != 0 {
			b = b>>1 ^ crc32.Castagnoli
		} else {
			b >>= 1
		}
	}
	return product
}
