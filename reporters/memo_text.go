package reporters

import "encoding/binary"

// TextMemo caches a short text for each series of a collector, such as the start
// of its lines, in less memory than a Memo of strings. An empty text is like none.
type TextMemo struct {
	places Memo[uint32] // of the texts
	blocks [][]byte
	used   int // bytes of texts
	unused int // bytes of texts that were replaced
}

// A place has the number of a block, and where in it a text begins. A text that
// is larger than the rest of a block has a block of its own, so that every place
// is within the first textBlock bytes.
const (
	textBlockBits = 14
	textBlock     = 1 << textBlockBits
	maxTextBlocks = 1 << (32 - textBlockBits)
)

// Field returns the text that was set for p's Key and Field, or nil. It is valid
// until the next text is set, and must not be changed.
func (m *TextMemo) Field(p *Point) []byte { return m.get(m.places.slot(p.ID, p.Key, p.Field)) }

// Series is like Field for the text that all fields of p's Key share.
func (m *TextMemo) Series(p *Point) []byte { return m.get(m.places.slot(p.Series, p.Key, "")) }

// SetField sets the text for p's Key and Field. It keeps a copy. It does nothing
// for a point that was received, which has no number.
func (m *TextMemo) SetField(p *Point, text []byte) {
	place, _ := m.places.slot(p.ID, p.Key, p.Field)
	m.set(place, text)
}

// SetSeries is like SetField for the text that all fields of p's Key share.
func (m *TextMemo) SetSeries(p *Point, text []byte) {
	place, _ := m.places.slot(p.Series, p.Key, "")
	m.set(place, text)
}

func (m *TextMemo) get(place *uint32, fresh bool) []byte {
	switch {
	case place == nil:
		return nil
	case fresh:
		m.remove(place)
		return nil
	}
	text, _ := m.at(*place)
	return text
}

// at returns the text at a place, or nil for place zero, and the bytes that it takes.
func (m *TextMemo) at(place uint32) (text []byte, size int) {
	if place == 0 {
		return nil, 0
	}
	b := m.blocks[(place-1)>>textBlockBits][(place-1)%textBlock:]
	n, head := binary.Uvarint(b)
	return b[head : head+int(n) : head+int(n)], head + int(n)
}

func (m *TextMemo) remove(place *uint32) {
	_, size := m.at(*place)
	m.unused += size
	*place = 0
}

func (m *TextMemo) set(place *uint32, text []byte) {
	if place == nil {
		return
	}
	m.remove(place)
	if m.unused > textBlock && m.unused > m.used/2 {
		m.compact()
	}
	*place = m.add(text)
}

// add copies text and returns its place, which is zero for an empty text, and if
// there are 4 GiB of texts.
func (m *TextMemo) add(text []byte) uint32 {
	if len(text) == 0 {
		return 0
	}
	var head [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(head[:], uint64(len(text)))
	need := size + len(text)
	last := len(m.blocks) - 1
	if last < 0 || len(m.blocks[last])+need > cap(m.blocks[last]) {
		if len(m.blocks) >= maxTextBlocks-1 {
			return 0
		}
		m.blocks = append(m.blocks, make([]byte, 0, max(need, textBlock)))
		last++
	}
	b := m.blocks[last]
	place := uint32(last)<<textBlockBits + uint32(len(b)) + 1
	m.blocks[last] = append(append(b, head[:size]...), text...)
	m.used += need
	return place
}

// compact copies the texts that are used to new blocks.
func (m *TextMemo) compact() {
	old := TextMemo{blocks: m.blocks}
	m.blocks, m.used, m.unused = nil, 0, 0
	for _, page := range m.places.pages {
		if page == nil {
			continue
		}
		for i := range page.vals {
			text, _ := old.at(page.vals[i])
			page.vals[i] = m.add(text)
		}
	}
}
