package shape

import "monkit.example/internal/collide"

// names are the names by which series are reported, if a step can give two
// series one name. Only the owner of a name is reported by it. A series is
// known by its text, since it may have several numbers in time.
type names map[string]*name

// name is a series with a field as it is reported.
type name struct {
	text  string
	owner string // entry.source; empty if it has none
	at    int64  // Unix nanoseconds when the owner was reported last
	refs  int    // number of entries with the name
}

// add gives e its name.
func (n names) add(e *entry) {
	e.source = e.series.key.WithField(e.field)
	text := e.source
	if !e.same {
		text = e.series.shaped.WithField(e.shaped)
	}
	if e.name = n[text]; e.name == nil {
		e.name = &name{text: text}
		n[text] = e.name
	}
	e.name.refs++
}

// release takes the name of an entry that is deleted. e may be nil.
func (n names) release(e *entry) {
	if e == nil || e.name == nil {
		return
	}
	if e.name.owner == e.source {
		e.name.owner = ""
	}
	if e.name.refs--; e.name.refs == 0 {
		delete(n, e.name.text)
	}
}

// claim reports whether e is reported by its name at that time.
func (e *entry) claim(at int64) bool {
	n := e.name
	if n.owner != e.source {
		if n.owner != "" && !collide.IsIdle(n.at, at) {
			return false
		}
		n.owner = e.source
	}
	n.at = at
	return true
}
