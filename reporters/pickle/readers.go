package pickle

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"
)

// readers are the opcodes that are read, but STOP.
var readers = [256]func(m *machine) error{
	opProto:    func(m *machine) error { _, err := m.take(1); return err },
	opFrame:    func(m *machine) error { _, err := m.take(8); return err },
	opMark:     func(m *machine) error { m.marks = append(m.marks, len(m.stack)); return nil },
	opPop:      readPop,
	opPopMark:  func(m *machine) error { _, err := m.popMark(); return err },
	opDup:      readDup,
	opNone:     func(m *machine) error { return m.push(value{kind: none}) },
	opNewTrue:  func(m *machine) error { return m.push(value{kind: boolean, num: 1}) },
	opNewFalse: func(m *machine) error { return m.push(value{kind: boolean}) },

	opInt:      readInt,
	opLong:     readLong,
	opFloat:    readFloat,
	opBinInt:   readBinInt,
	opBinInt1:  func(m *machine) error { return m.readUint(1) },
	opBinInt2:  func(m *machine) error { return m.readUint(2) },
	opLong1:    func(m *machine) error { return m.readLongBytes(1) },
	opLong4:    func(m *machine) error { return m.readLongBytes(4) },
	opBinFloat: readBinFloat,

	opString:          readString,
	opUnicode:         readUnicode,
	opBinString:       func(m *machine) error { return m.readText(4) },
	opShortBinString:  func(m *machine) error { return m.readText(1) },
	opBinUnicode:      func(m *machine) error { return m.readText(4) },
	opShortBinUnicode: func(m *machine) error { return m.readText(1) },
	opBinUnicode8:     func(m *machine) error { return m.readText(8) },
	opBinBytes:        func(m *machine) error { return m.readText(4) },
	opShortBinBytes:   func(m *machine) error { return m.readText(1) },
	opBinBytes8:       func(m *machine) error { return m.readText(8) },

	opEmptyTuple: func(m *machine) error { return m.pushTuple(nil) },
	opTuple:      func(m *machine) error { return m.collect((*machine).pushTuple) },
	opTuple1:     func(m *machine) error { return m.popTuple(1) },
	opTuple2:     func(m *machine) error { return m.popTuple(2) },
	opTuple3:     func(m *machine) error { return m.popTuple(3) },
	opEmptyList:  func(m *machine) error { return m.pushList(nil) },
	opList:       func(m *machine) error { return m.collect((*machine).pushList) },
	opAppend:     readAppend,
	opAppends:    func(m *machine) error { return m.collect((*machine).extend) },

	opPut:        func(m *machine) error { return m.indexed(m.textIndex, m.put) },
	opBinPut:     func(m *machine) error { return m.indexed(func() (uint64, error) { return m.takeUint(1) }, m.put) },
	opLongBinPut: func(m *machine) error { return m.indexed(func() (uint64, error) { return m.takeUint(4) }, m.put) },
	opGet:        func(m *machine) error { return m.indexed(m.textIndex, m.get) },
	opBinGet:     func(m *machine) error { return m.indexed(func() (uint64, error) { return m.takeUint(1) }, m.get) },
	opLongBinGet: func(m *machine) error { return m.indexed(func() (uint64, error) { return m.takeUint(4) }, m.get) },
	opMemoize:    readMemoize,
}

// readPop pops a value or, if there is none above the last mark, that mark.
func readPop(m *machine) error {
	if n := len(m.marks); n > 0 && m.marks[n-1] == len(m.stack) {
		m.marks = m.marks[:n-1]
		return nil
	}
	_, err := m.pop()
	return err
}

func readDup(m *machine) error {
	top, err := m.top()
	if err != nil {
		return err
	}
	m.stack = append(m.stack, top)
	return nil
}

func readAppend(m *machine) error {
	item, err := m.pop()
	if err != nil {
		return err
	}
	return m.extend([]ref{item})
}

func readMemoize(m *machine) error { return m.put(uint64(m.count)) }

// collect passes the values above the last mark to use.
func (m *machine) collect(use func(m *machine, items []ref) error) error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return use(m, items)
}

// indexed passes the index that read returns to use.
func (m *machine) indexed(read func() (uint64, error), use func(i uint64) error) error {
	i, err := read()
	if err != nil {
		return err
	}
	return use(i)
}

// textIndex returns an index of the memo that is written as text.
func (m *machine) textIndex() (uint64, error) {
	p, err := m.takeLine()
	if err != nil {
		return 0, err
	}
	i, err := strconv.ParseUint(string(p[:min(len(p), maxDigits)]), 10, 32)
	if err != nil {
		return 0, errMemo
	}
	return i, nil
}

func (m *machine) pushNumber(v float64) error { return m.push(value{kind: number, num: v}) }

func (m *machine) readUint(n uint64) error {
	v, err := m.takeUint(n)
	if err != nil {
		return err
	}
	return m.pushNumber(float64(v))
}

func readBinInt(m *machine) error {
	v, err := m.takeUint(4)
	if err != nil {
		return err
	}
	return m.pushNumber(float64(int32(v)))
}

func readBinFloat(m *machine) error {
	p, err := m.take(8)
	if err != nil {
		return err
	}
	return m.pushNumber(math.Float64frombits(binary.BigEndian.Uint64(p)))
}

// readInt reads an integer, or a bool, which protocol 0 writes as 00 or 01.
func readInt(m *machine) error {
	p, err := m.takeLine()
	if err != nil {
		return err
	}
	if s := string(p); s == "00" || s == "01" {
		return m.push(value{kind: boolean, num: float64(s[1] - '0')})
	}
	return m.pushDigits(p)
}

// readLong reads an integer that ends with an L.
func readLong(m *machine) error {
	p, err := m.takeLine()
	if err != nil {
		return err
	}
	return m.pushDigits(bytes.TrimSuffix(p, []byte{'L'}))
}

func (m *machine) pushDigits(p []byte) error {
	if len(p) > maxDigits {
		return errNum
	}
	v, ok := new(big.Int).SetString(string(p), 10)
	if !ok {
		return errNum
	}
	f, _ := new(big.Float).SetInt(v).Float64()
	return m.pushNumber(f)
}

func readFloat(m *machine) error {
	p, err := m.takeLine()
	if err != nil {
		return err
	}
	if len(p) > maxDigits {
		return errNum
	}
	v, err := strconv.ParseFloat(string(p), 64)
	if err != nil && !math.IsInf(v, 0) {
		return errNum
	}
	return m.pushNumber(v)
}

// readLongBytes reads an integer in two's complement with its lowest byte first,
// whose length is in the n bytes before it.
func (m *machine) readLongBytes(n uint64) error {
	size, err := m.takeUint(n)
	if err != nil {
		return err
	}
	if size > maxDigits {
		return errNum
	}
	p, err := m.take(size)
	if err != nil {
		return err
	}
	reversed := slices.Clone(p)
	slices.Reverse(reversed)
	v := new(big.Int).SetBytes(reversed)
	if size > 0 && reversed[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	f, _ := new(big.Float).SetInt(v).Float64()
	return m.pushNumber(f)
}

// readText reads a string whose length is in the n bytes before it.
func (m *machine) readText(n uint64) error {
	size, err := m.takeUint(n)
	if err != nil {
		return err
	}
	p, err := m.take(size)
	if err != nil {
		return err
	}
	return m.pushText(p)
}

// readString reads a string as Python 2 shows it: in quotes, with escapes.
func readString(m *machine) error {
	p, err := m.takeLine()
	if err != nil {
		return err
	}
	n := len(p)
	if n < 2 || p[0] != '\'' && p[0] != '"' || p[n-1] != p[0] {
		return errText
	}
	from := len(m.texts)
	var ok bool
	if m.texts, ok = appendUnquoted(m.texts, p[1:n-1]); !ok {
		return errText
	}
	return m.pushTexts(from)
}

// escapes are the bytes that follow a backslash, and what they stand for.
var escapes = map[byte]byte{'\\': '\\', '\'': '\'', '"': '"', 'n': '\n', 'r': '\r', 't': '\t', 'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v'}

// appendUnquoted appends p without its escapes, and reports whether all are
// known.
func appendUnquoted(dst, p []byte) ([]byte, bool) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\\')
		if i < 0 {
			return append(dst, p...), true
		}
		dst = append(dst, p[:i]...)
		if p = p[i+1:]; len(p) == 0 {
			return dst, false
		}
		if c, ok := escapes[p[0]]; ok {
			dst, p = append(dst, c), p[1:]
			continue
		}
		c, ok := hexDigits(p, 'x', 2)
		if !ok {
			return dst, false
		}
		dst, p = append(dst, byte(c)), p[3:]
	}
	return dst, true
}

// hexDigits returns the number in n hexadecimal digits after the byte mark, with
// which p must begin.
func hexDigits(p []byte, mark byte, n int) (uint32, bool) {
	if len(p) < 1+n || p[0] != mark {
		return 0, false
	}
	v, err := strconv.ParseUint(string(p[1:1+n]), 16, 32)
	return uint32(v), err == nil
}

// readUnicode reads a string in Latin-1 in which other characters, and the
// backslash, are written as \uXXXX or \UXXXXXXXX.
func readUnicode(m *machine) error {
	p, err := m.takeLine()
	if err != nil {
		return err
	}
	from := len(m.texts)
	for len(p) > 0 {
		r, size := rune(p[0]), 1
		if p[0] == '\\' {
			if c, ok := hexDigits(p[1:], 'u', 4); ok {
				r, size = rune(c), len(`\uXXXX`)
			} else if c, ok := hexDigits(p[1:], 'U', 8); ok {
				r, size = rune(c), len(`\UXXXXXXXX`)
			}
		}
		m.texts = utf8.AppendRune(m.texts, r)
		p = p[size:]
	}
	return m.pushTexts(from)
}
