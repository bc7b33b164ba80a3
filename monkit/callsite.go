package monkit

import (
	"maps"
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
	all atomic.Pointer[map[uintptr]*callSite] // replaced under mu
}

func (c *callSites) at(pc uintptr) *callSite {
	if all := c.all.Load(); all != nil {
		return (*all)[pc]
	}
	return nil
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
	if site := c.at(user); site != nil {
		return site
	}
	return c.add(&callSite{pc: user, name: nameAt(user)})
}

func (c *callSites) add(site *callSite) *callSite {
	c.mu.Lock()
	defer c.mu.Unlock()
	grown := make(map[uintptr]*callSite)
	if all := c.all.Load(); all != nil {
		maps.Copy(grown, *all)
	}
	if old := grown[site.pc]; old != nil {
		return old
	}
	grown[site.pc] = site
	c.all.Store(&grown)
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
		site.fn.Store(fn)
	}
	return fn
}
