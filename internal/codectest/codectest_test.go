package codectest

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pairs is a codec of the lines "name value". It counts a line with the name both
// as accepted and as rejected.
type pairs struct{ reporters.Encoder }

func (pairs) Name() string { return "pairs" }

func (pairs) Decode(b *reporters.Batch, p []byte) int {
	b.Format = "pairs"
	n := bytes.LastIndexByte(p, '\n') + 1
	for line := range strings.Lines(b.Copy(p[:n])) {
		name, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if name == "both" {
			b.Reject(ledger.Malformed, []byte(line), nil)
		}
		val, err := strconv.ParseFloat(text, 64)
		if err != nil {
			b.Reject(ledger.Malformed, []byte(line), err)
			continue
		}
		b.Points = append(b.Points, reporters.Point{Key: Key(name), Field: "value", Value: val, Time: b.At.UnixNano()})
		b.AddLine([]byte(line[:len(line)-1]), len(b.Points)-1)
	}
	return n
}

func TestGoodLineMustDecodeToItsPoints(t *testing.T) {
	right := reporters.Point{Key: Key("a"), Field: "value", Value: 1, Time: second * 1e9}
	change := func(fn func(p *reporters.Point)) []reporters.Point {
		p := right
		fn(&p)
		return []reporters.Point{p}
	}
	for _, tt := range []struct {
		name, line string
		points     map[string][]reporters.Point
		want       string // in the error; "" if there is none
	}{
		{"no points given", "a 1", nil, ""},
		{"the same points", "a 1", map[string][]reporters.Point{"a 1": {right}}, ""},
		{"points of another line", "a 2", map[string][]reporters.Point{"a 1": {right}}, ""},
		{"another value", "a 1", map[string][]reporters.Point{"a 1": change(func(p *reporters.Point) { p.Value = 2 })}, "decodes to"},
		{"another time", "a 1", map[string][]reporters.Point{"a 1": change(func(p *reporters.Point) { p.Time++ })}, "decodes to"},
		{"another kind", "a 1", map[string][]reporters.Point{"a 1": change(func(p *reporters.Point) { p.Kind++ })}, "decodes to"},
		{"another field", "a 1", map[string][]reporters.Point{"a 1": change(func(p *reporters.Point) { p.Field = "" })}, "decodes to"},
		{"another series", "a 1", map[string][]reporters.Point{"a 1": change(func(p *reporters.Point) { p.Key = Key("a", "b", "c") })}, "decodes to"},
		{"one point more", "a 1", map[string][]reporters.Point{"a 1": {right, right}}, "decodes to"},
		{"no points at all", "a 1", map[string][]reporters.Point{"a 1": nil}, "decodes to"},
		{"a rejected line", "a b", nil, "0 lines"},
		{"a line that is accepted and rejected", "both 1", nil, "rejected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := suite{newCodec: func() reporters.Codec { return pairs{} }, Options: Options{Points: tt.points}}
			err := s.checkGood(t, tt.line)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got the error %v, want none", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got the error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestPointsOfAnUnknownLineAreFound(t *testing.T) {
	s := suite{Options: Options{Good: []string{"a 1"}, Points: map[string][]reporters.Point{"a 1": nil, "a  1": nil}}}
	if got := s.unusedPoints(); !slices.Equal(got, []string{"a  1"}) {
		t.Errorf("got %q", got)
	}
}
