package reporters

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"monkit.example/monkit"
)

// The texts of a TextMemo are those of a plain map, whatever is replaced.
func TestTextsAreThoseThatWereSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var m TextMemo
	owners := map[uint32]Point{} // of numbers
	texts := map[uint32]string{}
	for range 50_000 {
		id := uint32(1 + rng.IntN(600))
		p := owners[id]
		if p.ID == 0 || rng.IntN(20) == 0 { // the number is given to another series
			p = Point{Key: monkit.NewSeriesKey(fmt.Sprint("m", rng.Uint32())), Field: "f", Series: id, ID: id}
			owners[id], texts[id] = p, ""
		}
		if got := string(m.Series(&p)); got != texts[id] {
			t.Fatalf("the text of %d has %d bytes, want %d", id, len(got), len(texts[id]))
		}
		if rng.IntN(3) == 0 {
			n := rng.IntN(100)
			if rng.IntN(500) == 0 {
				n = textBlock + rng.IntN(textBlock)
			}
			text := bytes.Repeat([]byte{byte(rng.Uint32())}, n)
			m.SetSeries(&p, text)
			texts[id] = string(text)
			clear(text) // must be a copy
		}
	}
	for id, p := range owners {
		if got := string(m.Series(&p)); got != texts[id] {
			t.Errorf("the text of %d is wrong", id)
		}
	}
	live := 0
	for _, text := range texts {
		live += len(text)
	}
	if m.used > 3*live+4*textBlock {
		t.Errorf("texts of %d bytes take %d", live, m.used)
	}
	if len(m.Field(&Point{})) != 0 {
		t.Error("a point without a number has a text")
	}
	m.SetField(&Point{}, []byte("x"))
}

func TestMemoKnowsASeriesInOtherMemory(t *testing.T) {
	var m Memo[int]
	for i := range 3 {
		p := Point{Key: monkit.NewSeriesKey(strings.Clone("m")).WithTag("k", strings.Clone("v")), Field: strings.Clone("f"), ID: 3}
		v, fresh := m.Field(&p)
		if fresh != (i == 0) || *v != i {
			t.Errorf("round %d: fresh %v, value %d", i, fresh, *v)
		}
		*v++
	}
	for _, other := range []Point{
		{Key: monkit.NewSeriesKey("m").WithTag("k", "w"), Field: "f", ID: 3},
		{Key: monkit.NewSeriesKey("m").WithTag("k", "w"), Field: "g", ID: 3},
		{Key: monkit.NewSeriesKey("m"), Field: "g", ID: 3},
		{Key: monkit.NewSeriesKey(""), Field: "", ID: 3},
	} {
		if v, fresh := m.Field(&other); !fresh || *v != 0 {
			t.Errorf("%v: fresh %v, value %d", other, fresh, *v)
		}
		if _, fresh := m.Field(&other); fresh {
			t.Errorf("%v is fresh twice", other)
		}
	}
}
