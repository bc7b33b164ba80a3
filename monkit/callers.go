package monkit

import (
	"maps"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// This file finds the function that calls into this package, from the address
// that a call returns to. Scopes are named after its package, Funcs after the
// function itself.

// callSite is a place in the program's code that begins runs.
type callSite struct {
	pc   uintptr
	name string               // of the function that pc lies in
	fn   atomic.Pointer[Func] // the Func without tags; nil until it is needed

	// pc lies within this package, because the method that begins runs was
	// not inlined there: many functions come through it, and name is empty.
	shared bool
}

// callSites remembers call sites by address. Reading takes no lock. It holds
// no more sites than the program has places that call Task, Start and Func.
//
// A lookup takes 6 ns of the 150 ns of a Task. With a sync.Map it takes 13 ns;
// see BenchmarkCallSites.
type callSites struct {
	mu  sync.Mutex                            // held to replace all
	all atomic.Pointer[map[uintptr]*callSite] // the map is never changed
}

// at returns the site of pc, nil if there is none.
func (c *callSites) at(pc uintptr) *callSite {
	all := c.all.Load()
	if all == nil {
		return nil
	}
	return (*all)[pc]
}

// locate returns the site for a call that returns to returns. user is the
// address within the user's function that runtime.Callers has for that call.
//
// The site of user is always the same, but takes runtime.Callers to find. So
// returns gets a site too, for later calls of at: the user's function itself
// where the call was inlined into it, else one marked as shared.
func (c *callSites) locate(returns, user uintptr) *callSite {
	if returns != 0 && c.at(returns) == nil {
		if !isOwn(returns) {
			return c.add(&callSite{pc: returns, name: nameAt(user)})
		}
		c.add(&callSite{pc: returns, shared: true})
	}
	return c.siteOf(user)
}

// siteOf returns the site of an address that runtime.Callers returned.
func (c *callSites) siteOf(user uintptr) *callSite {
	if site := c.at(user); site != nil {
		return site
	}
	return c.add(&callSite{pc: user, name: nameAt(user)})
}

// add remembers site, and returns the one that is remembered for its pc.
func (c *callSites) add(site *callSite) *callSite {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.at(site.pc); old != nil {
		return old
	}
	all := make(map[uintptr]*callSite)
	if old := c.all.Load(); old != nil {
		maps.Copy(all, *old)
	}
	all[site.pc] = site
	c.all.Store(&all)
	return site
}

var ownPackage, _ = functionAt(callerPC(0))

// isOwn reports whether pc lies in a method of this package that begins runs,
// rather than in a function that such a method was inlined into.
func isOwn(pc uintptr) bool {
	inner := runtime.FuncForPC(pc - 1)
	if inner == nil {
		return true
	}
	outer := runtime.FuncForPC(inner.Entry()) // Entry is that of the function that others are inlined into
	name, ok := strings.CutPrefix(outer.Name(), ownPackage+".(*Scope).")
	return ok && (strings.HasPrefix(name, "Task") || strings.HasPrefix(name, "Start"))
}

// callerPC returns the return address skip frames above the caller of
// callerPC. Inlined frames count too.
func callerPC(skip int) uintptr {
	var pcs [1]uintptr
	runtime.Callers(skip+2, pcs[:])
	return pcs[0]
}

// nameAt returns the name of the function that pc lies in.
func nameAt(pc uintptr) string {
	_, name := functionAt(pc)
	return name
}

// functionAt returns the package path and the name within the package of the
// function that pc, a return address, lies in.
func functionAt(pc uintptr) (pkg, name string) {
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return splitFunction(frame.Function)
}

// splitFunction splits a name in the form of package runtime, such as
// "gopkg.in/yaml%2ev2.(*T).M". The runtime escapes dots in the last element of
// the path, so that the first dot there ends the package.
func splitFunction(full string) (pkg, name string) {
	if full == "" {
		return "unknown", "unknown"
	}
	last := strings.LastIndexByte(withoutTypeArgs(full), '/') + 1
	dot := strings.IndexByte(full[last:], '.')
	if dot < 0 {
		return unescapePath(full), "unknown"
	}
	return unescapePath(full[:last+dot]), full[last+dot+1:]
}

// withoutTypeArgs cuts type arguments off: they may hold paths of their own.
func withoutTypeArgs(full string) string {
	if i := strings.IndexByte(full, '['); i >= 0 {
		return full[:i]
	}
	return full
}

// unescapePath undoes the %xx that the linker writes.
func unescapePath(path string) string {
	if !strings.Contains(path, "%") {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			if char, err := strconv.ParseUint(path[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(char))
				i += 2
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}
