package monkit

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// callSite is what is known of a place in the program's code that begins
// runs.
type callSite struct {
	pc   uintptr
	name string               // of the function it is in
	fn   atomic.Pointer[Func] // without tags; nil before it is needed

	// The place is within this package, because it was not inlined: many
	// functions come through it.
	shared bool
}

// callSites maps places to what is known of them. It is read without a lock;
// it grows no further than the program has places.
type callSites struct {
	mu  sync.Mutex
	all atomic.Pointer[siteTable] // replaced under mu
}

// siteTable is a hash table that never changes. At least half of it is empty,
// so that a search ends soon; it is quicker than a map, which every task would
// notice.
type siteTable struct {
	slots []*callSite // a power of two
	n     int
}

func (t *siteTable) index(pc uintptr) uint64 {
	return uint64(pc) * 0x9e3779b97f4a7c15 >> 32 & uint64(len(t.slots)-1)
}

func (t *siteTable) with(site *callSite) *siteTable {
	grown := &siteTable{slots: make([]*callSite, max(8, len(t.slots)))}
	if 2*(t.n+1) > len(grown.slots) {
		grown.slots = make([]*callSite, 2*len(grown.slots))
	}
	for _, old := range t.slots {
		grown.put(old)
	}
	grown.put(site)
	return grown
}

func (t *siteTable) put(site *callSite) {
	if site == nil {
		return
	}
	i := t.index(site.pc)
	for t.slots[i] != nil {
		i = (i + 1) & uint64(len(t.slots)-1)
	}
	t.slots[i] = site
	t.n++
}

// at returns the site of pc, nil if there is none.
func (c *callSites) at(pc uintptr) *callSite {
	t := c.all.Load()
	if t == nil {
		return nil
	}
	i := t.index(pc)
	for t.slots[i] != nil && t.slots[i].pc != pc {
		i = (i + 1) & uint64(len(t.slots)-1)
	}
	return t.slots[i]
}

// find returns the site of a function that returns to returns. user is the
// address within the user's function that runtime.Callers has for the same
// call. It is the same site for all time, and slower to get; returns stands
// for it wherever nobody else returns there.
func (c *callSites) find(returns, user uintptr) *callSite {
	if returns != 0 && c.at(returns) == nil {
		if !isOwn(returns) {
			return c.add(&callSite{pc: returns, name: nameAt(user)})
		}
		c.add(&callSite{pc: returns, shared: true})
	}
	return c.of(user)
}

// of returns the site that user lies in.
func (c *callSites) of(user uintptr) *callSite {
	if site := c.at(user); site != nil {
		return site
	}
	return c.add(&callSite{pc: user, name: nameAt(user)})
}

func (c *callSites) add(site *callSite) *callSite {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.at(site.pc); old != nil {
		return old
	}
	all := c.all.Load()
	if all == nil {
		all = new(siteTable)
	}
	c.all.Store(all.with(site))
	return site
}

var ownPackage, _ = functionAt(callerPC(0))

// isOwn reports whether pc lies in a method here that begins runs, and not in
// a function that one was inlined into.
func isOwn(pc uintptr) bool {
	inner := runtime.FuncForPC(pc - 1)
	if inner == nil {
		return true
	}
	outer := runtime.FuncForPC(inner.Entry()) // Entry is never the inlined one's
	name, ok := strings.CutPrefix(outer.Name(), ownPackage+".(*Scope).")
	return ok && (strings.HasPrefix(name, "Task") || strings.HasPrefix(name, "Start"))
}

func nameAt(pc uintptr) string {
	_, name := functionAt(pc)
	return name
}

// at returns the Func of the function that site is in.
func (s *Scope) at(site *callSite, tags []SeriesTag) *Func {
	if len(tags) > 0 {
		return s.FuncNamed(site.name, tags...)
	}
	fn := site.fn.Load()
	if fn == nil {
		fn = s.FuncNamed(site.name)
		if fn.name == site.name { // else it stands for others too, while there is no room
			site.fn.Store(fn)
		}
	}
	return fn
}
