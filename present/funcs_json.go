package present

import (
	"cmp"
	"fmt"
	"io"

	"monkit.example/monkit"
)

// funcJSON is the form of a function in /funcs/json.
type funcJSON struct {
	ID           int64             `json:"id"`
	HexID        hexID             `json:"id_hex"`
	ParentIDs    []int64           `json:"parent_ids"`
	ParentHexIDs []hexID           `json:"parent_ids_hex"`
	Package      string            `json:"package"`
	Name         string            `json:"name"`
	Tags         map[string]string `json:"tags,omitempty"`
	Current      int64             `json:"current"`
	Highwater    int64             `json:"highwater"`
	Success      int64             `json:"success"`
	Panics       int64             `json:"panics"`
	Entry        bool              `json:"entry"`
	Errors       map[string]int64  `json:"errors"`
	SuccessTimes timesJSON         `json:"success_times"`
	FailureTimes timesJSON         `json:"failure_times"`
}

// timesJSON is the form of a distribution of times, in nanoseconds.
type timesJSON struct {
	Average          int64            `json:"average"`
	ReservoirAverage int64            `json:"reservoir_average"`
	FullAverage      int64            `json:"full_average"`
	Max              int64            `json:"max"`
	Min              int64            `json:"min"`
	Recent           int64            `json:"recent"`
	Quantiles        map[string]int64 `json:"quantiles"`
}

// FuncsJSON writes every function of r as a JSON array.
func FuncsJSON(r *monkit.Registry, w io.Writer) error { return wholeWalk(r).funcsJSON(w) }

func (w walk) funcsJSON(out io.Writer) error {
	a := newJSONArray(out)
	w.funcs(func(f *monkit.Func) { a.add(funcJSONOf(f)) })
	return cmp.Or(w.err(), a.close())
}

func funcJSONOf(f *monkit.Func) funcJSON {
	out := funcJSON{
		ID:           f.Id(),
		HexID:        hexID(f.Id()),
		Package:      f.Scope().Name(),
		Name:         f.ShortName(),
		Tags:         userTags(f.Tags()).All(),
		Current:      f.Current(),
		Highwater:    f.Highwater(),
		Success:      f.Success(),
		Panics:       f.Panics(),
		Errors:       f.Errors(),
		SuccessTimes: timesJSONOf(f.SuccessTimes()),
		FailureTimes: timesJSONOf(f.FailureTimes()),
	}
	f.Parents(func(parent *monkit.Func) {
		if parent == nil {
			out.Entry = true
			return
		}
		out.ParentIDs = append(out.ParentIDs, parent.Id())
		out.ParentHexIDs = append(out.ParentHexIDs, hexID(parent.Id()))
	})
	return out
}

func timesJSONOf(d *monkit.DurationDist) timesJSON {
	out := timesJSON{
		Average:          int64(d.FullAverage()),
		ReservoirAverage: int64(d.ReservoirAverage()),
		FullAverage:      int64(d.FullAverage()),
		Max:              int64(d.High),
		Min:              int64(d.Low),
		Recent:           int64(d.Recent),
		Quantiles:        make(map[string]int64, len(shownQuantiles)),
	}
	for _, q := range shownQuantiles {
		out.Quantiles[fmt.Sprintf("%.2f", q)] = int64(d.Query(q))
	}
	return out
}
