package pickle

import (
	"bytes"
	"errors"
	"fmt"
)

// Bounds on a pickle that is read, beside the size of its frame.
const (
	maxValues = 1 << 18 // values
	maxDigits = 64      // bytes of an integer, also of one written as text
)

// kind is the type of a value.
type kind uint8

const (
	none kind = iota
	boolean
	number
	text
	tuple
	list
)

// String returns what an error calls a value of the kind.
func (k kind) String() string {
	return [...]string{"None", "a bool", "a number", "a string", "a tuple", "a list"}[k]
}

// value is one value of a pickle. Text and tuples are parts of the machine's
// memory, and a list is the index of one of its lists, so that values hold no
// pointers and a pickle cannot make more of them than it has bytes.
type value struct {
	kind kind
	num  float64 // of a boolean, 0 or 1
	from uint32  // text: in texts; tuple: in items; list: in lists
	n    uint32  // text: bytes; tuple: items
}

// ref is the index of a value in machine.values.
type ref = uint32

// machine runs pickles. It knows numbers, strings, tuples and lists only. The
// zero value is ready; its memory is used again for the next pickle.
type machine struct {
	in []byte // the pickle
	at int    // in in

	values []value
	texts  []byte
	items  []ref
	lists  [][]ref

	stack []ref
	marks []int   // lengths of stack
	memo  []int64 // refs, or -1
	count int     // of refs in memo

	lines []byte // memory for the lines of a reader
}

// Errors of a pickle that is no pickle.
var (
	errShort = errors.New("it ends within an opcode or its argument")
	errStack = errors.New("an opcode finds too few values on the stack")
	errMark  = errors.New("an opcode finds no mark on the stack")
	errMany  = fmt.Errorf("it makes more than %d values", maxValues)
	errMemo  = errors.New("it uses a place of the memo that is empty, or higher than the number of bytes before it")
	errType  = errors.New("an opcode appends to a value that is no list")
	errNum   = fmt.Errorf("a number has no digits, or more than %d bytes", maxDigits)
	errText  = errors.New("a string has no quotes, or an escape that is not known")
)

// run runs the pickle p and returns its result. An error says at which opcode.
// The result is valid until the next call.
func (m *machine) run(p []byte) (ref, error) {
	m.reset(p)
	for m.at < len(p) {
		at, op := m.at, p[m.at]
		m.at++
		if op == opStop {
			result, err := m.pop()
			return result, locate(err, op, at)
		}
		if err := m.step(op); err != nil {
			return 0, locate(err, op, at)
		}
	}
	return 0, errors.New("it has no end")
}

// locate adds to err, if it is not nil, the opcode and where that is.
func locate(err error, op byte, at int) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("opcode 0x%02x at byte %d: %w", op, at, err)
}

func (m *machine) reset(p []byte) {
	m.in, m.at, m.count = p, 0, 0
	m.values, m.texts, m.items = m.values[:0], m.texts[:0], m.items[:0]
	m.lists, m.stack, m.marks, m.memo = m.lists[:0], m.stack[:0], m.marks[:0], m.memo[:0]
}

// step runs one opcode.
func (m *machine) step(op byte) error {
	if read := readers[op]; read != nil {
		return read(m)
	}
	if why := refused[op]; why != "" {
		return errors.New(why + ", which is refused")
	}
	return errors.New("it is not known")
}

// take returns the next n bytes of the pickle.
func (m *machine) take(n uint64) ([]byte, error) {
	if n > uint64(len(m.in)-m.at) {
		return nil, errShort
	}
	p := m.in[m.at : m.at+int(n)]
	m.at += int(n)
	return p, nil
}

// takeUint returns the next n bytes, at most 8, as a number with the lowest byte
// first.
func (m *machine) takeUint(n uint64) (v uint64, err error) {
	p, err := m.take(n)
	for i, c := range p {
		v |= uint64(c) << (8 * i)
	}
	return v, err
}

// takeLine returns the bytes up to the next line feed, and skips that.
func (m *machine) takeLine() ([]byte, error) {
	n := bytes.IndexByte(m.in[m.at:], '\n')
	if n < 0 {
		return nil, errShort
	}
	p := m.in[m.at : m.at+n]
	m.at += n + 1
	return bytes.TrimSuffix(p, []byte{'\r'}), nil
}

// push pushes a new value.
func (m *machine) push(v value) error {
	if len(m.values) >= maxValues {
		return errMany
	}
	m.values = append(m.values, v)
	m.stack = append(m.stack, ref(len(m.values)-1))
	return nil
}

// floor returns the length of the stack below which nothing may be popped.
func (m *machine) floor() int {
	if n := len(m.marks); n > 0 {
		return m.marks[n-1]
	}
	return 0
}

func (m *machine) pop() (ref, error) {
	n := len(m.stack)
	if n <= m.floor() {
		return 0, errStack
	}
	top := m.stack[n-1]
	m.stack = m.stack[:n-1]
	return top, nil
}

// popMark pops the values above the last mark, and the mark. They are valid
// until the next push.
func (m *machine) popMark() ([]ref, error) {
	n := len(m.marks)
	if n == 0 {
		return nil, errMark
	}
	from := m.marks[n-1]
	m.marks = m.marks[:n-1]
	above := m.stack[from:]
	m.stack = m.stack[:from]
	return above, nil
}

// top returns the value on top of the stack without popping it.
func (m *machine) top() (ref, error) {
	n := len(m.stack)
	if n <= m.floor() {
		return 0, errStack
	}
	return m.stack[n-1], nil
}

// pushTuple pushes a tuple of items.
func (m *machine) pushTuple(items []ref) error {
	from := len(m.items)
	m.items = append(m.items, items...)
	return m.push(value{kind: tuple, from: uint32(from), n: uint32(len(items))})
}

// popTuple pops n values and pushes a tuple of them.
func (m *machine) popTuple(n int) error {
	from := len(m.stack) - n
	if from < m.floor() {
		return errStack
	}
	items := m.stack[from:]
	m.stack = m.stack[:from]
	return m.pushTuple(items)
}

// pushList pushes a list of items.
func (m *machine) pushList(items []ref) error {
	i := len(m.lists)
	if i < cap(m.lists) {
		m.lists = m.lists[:i+1] // uses the memory of a list of an earlier pickle
		m.lists[i] = m.lists[i][:0]
	} else {
		m.lists = append(m.lists, nil)
	}
	m.lists[i] = append(m.lists[i], items...)
	return m.push(value{kind: list, from: uint32(i)})
}

// extend appends items to the list on top of the stack.
func (m *machine) extend(items []ref) error {
	top, err := m.top()
	if err != nil {
		return err
	}
	if m.values[top].kind != list {
		return errType
	}
	l := &m.lists[m.values[top].from]
	*l = append(*l, items...)
	return nil
}

// put stores the top of the stack in the memo. Writers count the places that
// they use, so that none is higher than the bytes that they have written.
func (m *machine) put(i uint64) error {
	top, err := m.top()
	if err != nil {
		return err
	}
	if i > uint64(m.at) {
		return errMemo
	}
	for uint64(len(m.memo)) <= i {
		m.memo = append(m.memo, -1)
	}
	if m.memo[i] < 0 {
		m.count++
	}
	m.memo[i] = int64(top)
	return nil
}

// get pushes a value of the memo.
func (m *machine) get(i uint64) error {
	if i >= uint64(len(m.memo)) || m.memo[i] < 0 {
		return errMemo
	}
	m.stack = append(m.stack, ref(m.memo[i]))
	return nil
}

// pushText pushes a copy of p as a string.
func (m *machine) pushText(p []byte) error {
	from := len(m.texts)
	m.texts = append(m.texts, p...)
	return m.pushTexts(from)
}

// pushTexts pushes what is in texts from there on as a string.
func (m *machine) pushTexts(from int) error {
	return m.push(value{kind: text, from: uint32(from), n: uint32(len(m.texts) - from)})
}

// textOf returns the bytes of a string.
func (m *machine) textOf(v value) []byte { return m.texts[v.from : v.from+v.n] }

// itemsOf returns the items of a tuple or list, and false for any other value.
func (m *machine) itemsOf(v value) ([]ref, bool) {
	switch v.kind {
	case tuple:
		return m.items[v.from : v.from+v.n], true
	case list:
		return m.lists[v.from], true
	}
	return nil, false
}
