package spool

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestFormatIsAsDocumented pins each byte of the four parts: a change of one is a
// new version.
func TestFormatIsAsDocumented(t *testing.T) {
	unhex := func(s string) string {
		b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	zeros := func(n int) string { return strings.Repeat("\x00", n) }
	h := header{version: 1, spoolID: 0x1122334455667788, first: 3, created: 1700000000000, attempt: 2, identity: "id", format: "graphite"}
	f := footer{spoolID: 7, first: 3, next: 9, total: Totals{5, 50, 500}, oldest: 1, newest: 2}
	c := slot{version: 1, spoolID: 7, generation: 4, released: 1, read: 2, next: 3}
	rec := appendRecord([]byte("before"), 5, Meta{Lines: 6, Time: time.UnixMilli(1700000000000)}, []byte("a 1\nb 2\n"))
	for _, tt := range []struct{ name, got, want string }{
		{"header", string(h.encode()), "\xf5mkspool" + unhex("01000000 00020000 8877665544332211 0300000000000000 0068e5cf8b010000 02 08 0000 02000000") +
			"id" + zeros(254) + "graphite" + zeros(196) + unhex("6fbf8eaa")},
		{"record", string(rec), "before\xf5rec" + unhex("08000000 2592dfaf 0500000000000000 06000000 0068e5cf8b010000") + "a 1\nb 2\n"},
		{"footer", string(f.encode()), "\xf5end" + unhex("6fde2ded 0700000000000000 0300000000000000 0900000000000000"+
			"0500000000000000 3200000000000000 f401000000000000 0100000000000000 0200000000000000")},
		{"slot", string(c.encode()), "\xf5cur" + unhex("10c8cbf9 01000000 00000000 0700000000000000 0400000000000000"+
			"0100000000000000 0200000000000000 0300000000000000 0000000000000000")},
	} {
		if tt.got != tt.want {
			t.Errorf("%s:\n%x, want\n%x", tt.name, tt.got, tt.want)
		}
	}
	if again, ok := decodeHeader(h.encode()); !ok || again != h {
		t.Errorf("the header is decoded as %+v", again)
	}
	if again, ok := decodeFooter(f.encode()); !ok || again != f {
		t.Errorf("the footer is decoded as %+v", again)
	}
	if again, ok := decodeSlot(c.encode()); !ok || again != c {
		t.Errorf("the slot is decoded as %+v", again)
	}
}

// TestDecodersRejectEachFlippedBit flips each bit of each part.
func TestDecodersRejectEachFlippedBit(t *testing.T) {
	parts := map[string]struct {
		bytes  []byte
		decode func(b []byte) bool
	}{
		"header": {header{version: 1, spoolID: 7, first: 3, identity: "id"}.encode(), func(b []byte) bool { _, ok := decodeHeader(b); return ok }},
		"footer": {footer{first: 3, next: 9}.encode(), func(b []byte) bool { _, ok := decodeFooter(b); return ok }},
		"slot":   {slot{version: 1, next: 1}.encode(), func(b []byte) bool { _, ok := decodeSlot(b); return ok }},
		"record": {appendRecord(nil, 5, Meta{}, []byte("body")), func(b []byte) bool {
			n, ok := recordLength(b, int64(len(b)))
			if !ok || n != len(b) {
				return false
			}
			_, ok = decodeRecord(b)
			return ok
		}},
	}
	for name, p := range parts {
		if !p.decode(p.bytes) {
			t.Errorf("%s: rejected as it is", name)
		}
		for bit := range 8 * len(p.bytes) {
			p.bytes[bit/8] ^= 1 << (bit % 8)
			if p.decode(p.bytes) {
				t.Errorf("%s: accepted with bit %d flipped", name, bit)
			}
			p.bytes[bit/8] ^= 1 << (bit % 8)
		}
		for n := range len(p.bytes) {
			if p.decode(p.bytes[:n]) {
				t.Errorf("%s: accepted with %d bytes", name, n)
			}
		}
	}
}

func TestCRCOfARange(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 100_000)
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	s := &scanner{file: &simFile{fs: newSim(), node: &simNode{data: data}}, end: int64(len(data))}
	c := newRangeCRC(s, 777)
	for range 2000 {
		from := 777 + rng.Int64N(int64(len(data))-777)
		to := from + rng.Int64N(int64(len(data))-from+1)
		if got, err := c.of(from, to); err != nil || got != checksum(data[from:to]) {
			t.Fatalf("from %d to %d: %08x, %v, want %08x", from, to, got, err, checksum(data[from:to]))
		}
	}
}
