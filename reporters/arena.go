package reporters

import "unsafe"

// blockSize holds a datagram of 64 KiB and what else its lines need.
const blockSize = 128 << 10

// arena allocates the text of a batch. Its blocks never move, so that strings
// may point into them.
type arena struct {
	blocks [][]byte
	used   int // bytes of the last block
}

// copy returns a copy of p, with no room to append.
func (a *arena) copy(p []byte) []byte {
	if len(p) == 0 {
		return nil
	}
	c := a.alloc(len(p))
	copy(c, p)
	return c
}

func (a *arena) copyString(p []byte) string {
	c := a.copy(p)
	return unsafe.String(unsafe.SliceData(c), len(c))
}

func (a *arena) alloc(n int) []byte {
	if len(a.blocks) == 0 || len(a.blocks[len(a.blocks)-1])-a.used < n {
		a.blocks = append(a.blocks, make([]byte, max(n, blockSize)))
		a.used = 0
	}
	p := a.blocks[len(a.blocks)-1][a.used : a.used+n : a.used+n]
	a.used += n
	return p
}

// reset invalidates all copies. It keeps one block, which most batches fit.
func (a *arena) reset() {
	if poison {
		for _, block := range a.blocks {
			for i := range block {
				block[i] = 0xDB
			}
		}
	}
	if len(a.blocks) > 1 {
		clear(a.blocks[1:])
		a.blocks = a.blocks[:1]
	}
	a.used = 0
}
