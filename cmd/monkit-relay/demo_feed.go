package main

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"monkit.example/reporters"
	"monkit.example/reporters/recent"
)

const (
	// feedInterval is how often the lines are read, for all viewers at once.
	feedInterval = time.Second
	// maxFeedLines bounds the numbers that are given to lines. Beyond it all get
	// new ones.
	maxFeedLines = 20_000
)

// feed has the texts of the page that change, so that a viewer gets only those
// that have changed since it asked before. Each line of texts has a number, which is
// its own within a numbering: another process, and this one after maxFeedLines,
// gives the same numbers to other lines.
type feed struct {
	mu         sync.Mutex
	numbering  string         // guarded by mu; a random id
	read       time.Time      // guarded by mu; when the lines were read
	generation int64          // guarded by mu; how often they were read
	relisted   int64          // guarded by mu; the generation of the latest list of series
	numbers    map[string]int // guarded by mu; of the lines, by name
	lines      []feedLine     // guarded by mu; by number
	listed     int            // guarded by mu; number of series
	functions  []function     // guarded by mu
}

// feedLine is texts that stand side by side.
type feedLine struct {
	texts   []string
	changed int64 // the generation that changed them
}

// function is a function of the service with its texts.
type function struct {
	Name  string
	ID    int
	Texts []string // calls a second, errors a second, p99
}

// tallyLine is the name of the line of the tally. No series has it.
const tallyLine = "\x00tally"

// refreshLocked reads all lines, unless they were read within feedInterval.
func (f *feed) refreshLocked(p *demoPage, now time.Time) {
	if f.generation > 0 && now.Sub(f.read) < feedInterval {
		return
	}
	f.read = now
	f.generation++
	if f.numbers == nil || len(f.lines) > maxFeedLines {
		f.numbering, f.numbers, f.lines, f.relisted = rand.Text(), make(map[string]int), nil, f.generation
	}
	f.setLocked(tallyLine, p.tally().texts())
	var draw rowDrawer
	overview := make(map[string]*function)
	listed := 0
	for s := range p.store.Series(nil) {
		listed++
		value, rate := draw.texts(s)
		f.setLocked(s.Name, []string{value, rate})
		if s.Key.Tags.Get("scope") == p.first {
			addToOverview(overview, s, value, rate)
		}
	}
	if listed != f.listed {
		f.listed, f.relisted = listed, f.generation
	}
	f.functions = f.functions[:0:0]
	for name, fn := range overview {
		fn.ID = f.setLocked("\x00function "+name, fn.Texts)
		f.functions = append(f.functions, *fn)
	}
	slices.SortFunc(f.functions, func(a, b function) int { return strings.Compare(a.Name, b.Name) })
}

// setLocked sets the texts of a line and returns its number. A line that is
// new makes pages list the series again.
func (f *feed) setLocked(name string, texts []string) int {
	n, ok := f.numbers[name]
	if !ok {
		n = len(f.lines)
		f.numbers[name] = n
		f.lines = append(f.lines, feedLine{})
		f.relisted = f.generation
	}
	if l := &f.lines[n]; !slices.Equal(l.texts, texts) {
		*l = feedLine{texts: texts, changed: f.generation}
	}
	return n
}

// addToOverview adds a field of a function of the service to its texts.
func addToOverview(all map[string]*function, s recent.Series, value, rate string) {
	name := s.Key.Tags.Get("func")
	column := -1
	switch {
	case name == "":
	case s.Key.Measurement == "function" && s.Field == "total":
		column, value = 0, rate
	case s.Key.Measurement == "function" && s.Field == "failures":
		column, value = 1, rate
	case s.Key.Measurement == "function_times" && s.Field == "r99" && s.Key.Tags.Get("kind") == "success":
		column = 2
	}
	if column < 0 {
		return
	}
	fn := all[name]
	if fn == nil {
		fn = &function{Name: name, Texts: make([]string, 3)}
		all[name] = fn
	}
	fn.Texts[column] = value
}

// update is what has changed since a generation.
type update struct {
	At         string           `json:"at"`
	Numbering  string           `json:"numbering"` // of the lines; a page that has another one must list at once
	Generation int64            `json:"generation"`
	Reload     bool             `json:"reload"` // the page lists other series
	Lines      map[int][]string `json:"lines"`
	Sparklines map[int]string   `json:"sparklines,omitempty"`
}

// changes returns the texts that q asks for. It returns none to a page of another
// numbering, which would write them into other lines.
func (f *feed) changes(p *demoPage, now time.Time, q changesQuery) update {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refreshLocked(p, now)
	u := update{At: clock(f.read), Numbering: f.numbering, Generation: f.generation, Lines: make(map[int][]string)}
	if u.Reload = q.numbering != f.numbering || q.page < f.relisted; q.numbering != f.numbering {
		return u
	}
	for _, id := range q.ids {
		if id < len(f.lines) && f.lines[id].changed > q.since {
			u.Lines[id] = f.lines[id].texts
		}
	}
	return u
}

// names returns the names of lines, with their numbers, or none if they are of
// another numbering.
func (f *feed) names(numbering string, ids []int) map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if numbering != f.numbering {
		return nil
	}
	wanted := make(map[int]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	names := make(map[string]int, len(ids))
	for name, n := range f.numbers {
		if wanted[n] {
			names[name] = n
		}
	}
	return names
}

func clock(t time.Time) string { return t.Format("15:04:05") }

// texts returns the numbers of the way from the service to the store.
func (t tally) texts() []string {
	dropped := t.Dropped.String()
	if dropped == "" {
		dropped = "0"
	}
	texts := make([]string, 0, 6)
	for _, n := range []int64{t.Sent, t.Received, t.Accepted, t.Delivered} {
		texts = append(texts, fmt.Sprint(n))
	}
	return append(texts, dropped, fmt.Sprint(t.Pending))
}

// texts returns the value of a series, and its rate if it is a total.
func (d *rowDrawer) texts(s recent.Series) (value, rate string) {
	u := unitOf(s.Key.Measurement, s.Field)
	if s.Kind == reporters.Counter {
		d.samples = s.AppendSamples(d.samples[:0])
		if n := len(d.samples); n > 1 {
			d.rates = recent.AppendRates(d.rates[:0], d.samples[n-2:])
			rate = u.format(d.rates[0].Value) + "/s"
		}
	}
	return u.format(s.Last.Value), rate
}
