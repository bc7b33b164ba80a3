package present_test

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"monkit.example/monkit"
)

func parse[T any](t *testing.T, body string) (parsed T) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&parsed); err != nil {
		t.Fatalf("%v in\n%s", err, body)
	}
	return parsed
}

// In monkit/v3 a NaN ended the page early.
func TestStatsJSONHasNullForWhatIsNotFinite(t *testing.T) {
	r := monkit.NewRegistry()
	for name, val := range map[string]float64{"nan": math.NaN(), "inf": math.Inf(1), "neg": math.Inf(-1), "one": 1} {
		r.ScopeNamed("s").Gauge(name, func() float64 { return val })
	}
	r.ScopeNamed("s").Counter("untouched")
	got := map[string]any{}
	for _, element := range parse[[][4]any](t, render(t, r, "/stats/json")) {
		got[element[0].(string)+" "+element[2].(string)] = element[3]
	}
	for name, want := range map[string]any{
		"nan value": nil, "inf value": nil, "neg value": nil,
		"one value": json.Number("1"), "untouched value": json.Number("0"),
	} {
		if val, ok := got[name]; !ok || val != want {
			t.Errorf("%s is %v, %v; want %v", name, val, ok, want)
		}
	}
}

func TestNumbersInJSONAreExact(t *testing.T) {
	for _, val := range []float64{0, -1, 0.1, 1e21, 1e-7, math.MaxFloat64, math.SmallestNonzeroFloat64, 1 << 62, 123456789.125} {
		r := monkit.NewRegistry()
		r.ScopeNamed("s").Gauge("g", func() float64 { return val })
		number := parse[[][4]any](t, render(t, r, "/stats/json"))[0][3].(json.Number)
		if got, err := strconv.ParseFloat(string(number), 64); err != nil || got != val {
			t.Errorf("%v became %s", val, number)
		}
	}
}

func TestEmptyRegistryGivesEmptyArrays(t *testing.T) {
	for _, path := range []string{"/ps/json", "/funcs/json", "/stats/json"} {
		if got := render(t, monkit.NewRegistry(), path); got != "[]\n" {
			t.Errorf("%s is %q", path, got)
		}
	}
}

type span struct {
	ID        json.Number `json:"id"`
	HexID     string      `json:"id_hex"`
	ParentID  json.Number `json:"parent_id"`
	ParentHex string      `json:"parent_id_hex"`
	Func      struct {
		Package, Name string
		Tags          map[string]string
	}
	Trace struct {
		HexID string `json:"id_hex"`
	}
	Args        []string
	Annotations [][2]string
}

// In monkit/v3 arguments were quoted twice, and ids beyond 2^53 and tags were
// lost.
func TestSpansInJSON(t *testing.T) {
	r := world(t)
	spans := parse[[]span](t, render(t, r, "/ps/json"))
	if len(spans) != 2 {
		t.Fatalf("%d spans, want 2", len(spans))
	}
	outer, inner := spans[0], spans[1]
	if len(outer.Args) != 2 || outer.Args[0] != `"a<b>\"q\""` || outer.Args[1] != "1" {
		t.Errorf("args are %q", outer.Args)
	}
	if inner.Args == nil || inner.Annotations == nil {
		t.Error("empty lists are null, want []")
	}
	if inner.Func.Tags["k"] != "v" || len(inner.Func.Tags) != 1 || outer.Func.Tags != nil {
		t.Errorf("tags are %v and %v", outer.Func.Tags, inner.Func.Tags)
	}
	if outer.ParentID != "" || inner.ParentID != outer.ID || inner.ParentHex != outer.HexID {
		t.Errorf("parents are %q and %q", outer.ParentID, inner.ParentID)
	}
	id, err := strconv.ParseInt(outer.HexID, 16, 64)
	if err != nil || strconv.FormatInt(id, 10) != string(outer.ID) || len(outer.HexID) != 16 {
		t.Errorf("id %s in hex is %q", outer.ID, outer.HexID)
	}
	if inner.Trace.HexID != outer.Trace.HexID {
		t.Error("the two spans are in different traces")
	}
}

func TestVariantsOfAFunctionAreDistinct(t *testing.T) {
	r := monkit.NewRegistry()
	for _, color := range []string{"red", "green"} {
		call(context.Background(), r.ScopeNamed("s").FuncNamed("F", monkit.NewSeriesTag("color", color)), nil)
	}
	for path, want := range map[string]string{
		"/funcs":      "s.F,color=%",
		"/funcs/json": `"tags":{"color":"%"}`,
		"/funcs/dot":  "color&#61;%",
		"/funcs/html": "s.F,color=%",
	} {
		body := render(t, r, path)
		for _, color := range []string{"red", "green"} {
			if text := strings.ReplaceAll(want, "%", color); strings.Count(body, text) != 1 {
				t.Errorf("%s does not have %s exactly once:\n%s", path, text, body)
			}
		}
	}
}
