package monkithttp

import (
	"net/http"
	"strings"
	"sync"

	"monkit.example/internal/printable"
	"monkit.example/monkit"
)

const (
	// funcName is the name of spans that no option names, as in monkit/v3.
	funcName = "traceHandler.ServeHTTP"
	// OtherRequests is the name of the spans of requests beyond
	// HandlerOptions.MaxNames. Its Func counts them.
	OtherRequests = "Other Requests"

	defaultMaxNames = 200
	// maxName bounds the bytes of the name of a span.
	maxName = 256
)

// spanNames has the Funcs that count requests, by their names.
type spanNames struct {
	scope *monkit.Scope
	of    func(*http.Request) string // nil if their patterns are the names
	most  int
	plain *monkit.Func // called funcName

	mu    sync.RWMutex
	funcs map[string]*monkit.Func // guarded by mu; at most most; neither plain nor that of OtherRequests is among them
}

func newSpanNames(scope *monkit.Scope, o HandlerOptions) *spanNames {
	n := &spanNames{scope: scope, of: o.Name, most: o.MaxNames, plain: scope.FuncNamed(funcName),
		funcs: make(map[string]*monkit.Func)}
	if n.most <= 0 {
		n.most = defaultMaxNames
	}
	return n
}

// funcOf returns the Func that counts r, which matches pattern, or no pattern if that
// is "".
func (n *spanNames) funcOf(r *http.Request, pattern string) *monkit.Func {
	name := pattern
	if n.of != nil {
		name = n.of(r)
	}
	switch name = cut(name, maxName); name {
	case "", funcName:
		return n.plain
	case OtherRequests:
		return n.other()
	}
	n.mu.RLock()
	f, full := n.funcs[name], len(n.funcs) >= n.most
	n.mu.RUnlock()
	switch {
	case f != nil:
		return f
	case full:
		return n.other()
	}
	return n.add(name)
}

// add returns the Func called name, which becomes one of n if there is room.
func (n *spanNames) add(name string) *monkit.Func {
	n.mu.Lock()
	defer n.mu.Unlock()
	if f := n.funcs[name]; f != nil {
		return f
	}
	if len(n.funcs) >= n.most {
		return n.other()
	}
	f := n.scope.FuncNamed(name)
	n.funcs[name] = f
	return f
}

// other returns the Func of OtherRequests, which exists when it is needed.
func (n *spanNames) other() *monkit.Func { return n.scope.FuncNamed(OtherRequests) }

// cut returns text, or a copy of as much of it as most bytes hold.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.Clone(printable.Prefix(text, most))
}
