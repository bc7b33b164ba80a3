package present

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"monkit.example/internal/printable"
	"monkit.example/monkit"
)

// shownQuantiles are the quantiles of times that text, JSON and dot show.
var shownQuantiles = []float64{0, .1, .25, .5, .75, .9, .95, 1}

// FuncsText writes every function of r with its callers, the number of its
// runs by outcome, and how long the runs took.
func FuncsText(r *monkit.Registry, w io.Writer) error { return wholeWalk(r).funcsText(w) }

func (w walk) funcsText(out io.Writer) error {
	p := newPrinter(out)
	w.funcs(func(f *monkit.Func) { funcText(p, f) })
	return cmp.Or(w.err(), p.close())
}

func funcText(p printer, f *monkit.Func) {
	p.printf("[%d] %s\n", f.Id(), printable.String(fullName(f)))
	p.printf("  parents: %s\n", callerIDs(f))
	for _, line := range outcomeLines(f) {
		p.printf("  %s\n", printable.String(line))
	}
	p.printf("  success times:\n")
	timesText(p, f.SuccessTimes())
	p.printf("  failure times:\n")
	timesText(p, f.FailureTimes())
	p.printf("\n")
}

func timesText(p printer, d *monkit.DurationDist) {
	for _, line := range timeLines(d) {
		p.printf("    %s\n", line)
	}
}

// callerIDs lists the ids of the functions that called f.
func callerIDs(f *monkit.Func) string {
	var ids []string
	f.Parents(func(parent *monkit.Func) {
		if parent == nil {
			ids = append(ids, "entry")
			return
		}
		ids = append(ids, fmt.Sprint(parent.Id()))
	})
	return strings.Join(ids, ", ")
}

// outcomeLines returns the lines that count the runs of f by outcome.
func outcomeLines(f *monkit.Func) []string {
	errs := f.Errors()
	lines := []string{fmt.Sprintf("current: %d, highwater: %d, success: %d, errors: %d, panics: %d",
		f.Current(), f.Highwater(), f.Success(), sum(errs), f.Panics())}
	for _, name := range slices.Sorted(maps.Keys(errs)) {
		lines = append(lines, fmt.Sprintf("error %s: %d", name, errs[name]))
	}
	return lines
}

func sum(counts map[string]int64) (total int64) {
	for _, n := range counts {
		total += n
	}
	return total
}

// timeLines returns the lines that describe a distribution of times.
func timeLines(d *monkit.DurationDist) []string {
	var lines []string
	for _, q := range shownQuantiles {
		lines = append(lines, fmt.Sprintf("%.2f: %s", q, d.Query(q)))
	}
	return append(lines,
		fmt.Sprintf("avg: %s", d.FullAverage()),
		fmt.Sprintf("ravg: %s", d.ReservoirAverage()),
		fmt.Sprintf("recent: %s", d.Recent),
		fmt.Sprintf("sum: %s", d.Sum))
}

// FuncsDot writes the functions of r as a graph, with an edge from each
// caller.
func FuncsDot(r *monkit.Registry, w io.Writer) error { return wholeWalk(r).funcsDot(w) }

func (w walk) funcsDot(out io.Writer) error {
	d := newDotWriter(out)
	w.funcs(func(f *monkit.Func) { funcDot(d, f) })
	return cmp.Or(w.err(), d.close())
}

func funcDot(d dotWriter, f *monkit.Func) {
	lines := append([]string{fullName(f)}, outcomeLines(f)...)
	lines = append(lines, timesDot("success times:", f.SuccessTimes())...)
	lines = append(lines, timesDot("failure times:", f.FailureTimes())...)
	d.node(f.Id(), lines...)
	f.Parents(func(parent *monkit.Func) {
		if parent == nil {
			d.entry(f.Id())
			return
		}
		d.edge(parent.Id(), f.Id())
	})
}

// timesDot returns the lines of a distribution below a title. It returns none
// if the distribution is empty, to keep boxes small.
func timesDot(title string, d *monkit.DurationDist) []string {
	if d.Count == 0 {
		return nil
	}
	lines := []string{title}
	for _, line := range timeLines(d) {
		lines = append(lines, "        "+line)
	}
	return lines
}
