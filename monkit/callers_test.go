package monkit

import (
	"sync"
	"testing"
)

func TestSplitFunction(t *testing.T) {
	for _, tt := range []struct{ name, full, pkg, fn string }{
		{"main has no slash", "main.main", "main", "main"},
		{"standard package", "fmt.Println", "fmt", "Println"},
		{"path", "github.com/a/b.F", "github.com/a/b", "F"},
		{"method", "github.com/a/b.(*T).M", "github.com/a/b", "(*T).M"},
		{"value method", "a/b.T.M", "a/b", "T.M"},
		{"closure", "a/b.F.func1", "a/b", "F.func1"},
		{"dot in the last element", "gopkg.in/yaml%2ev2.F", "gopkg.in/yaml.v2", "F"},
		{"dot in an earlier element", "a.b/c.F", "a.b/c", "F"},
		{"generic", "a/b.F[...]", "a/b", "F[...]"},
		{"type argument with a path", "a/b.F[c/d.T]", "a/b", "F[c/d.T]"},
		{"percent without hex", "a%zz/b.F", "a%zz/b", "F"},
		{"percent at the end", "a%2", "a%2", "unknown"},
		{"no name", "", "unknown", "unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if pkg, fn := splitFunction(tt.full); pkg != tt.pkg || fn != tt.fn {
				t.Errorf("got %q %q, want %q %q", pkg, fn, tt.pkg, tt.fn)
			}
		})
	}
}

func FuzzSplitFunction(f *testing.F) {
	f.Add("gopkg.in/yaml%2ev2.(*T).M")
	f.Add("a%/b.[")
	f.Fuzz(func(t *testing.T, full string) {
		if _, fn := splitFunction(full); len(fn) > len(full)+len("unknown") {
			t.Errorf("%q grew to %q", full, fn)
		}
	})
}

var here = Package()

type receiver struct{}

func (*receiver) method() *Func { return here.Func() }

func generic[T any](T) *Func { return here.Func() }

func TestCallerPackageSkipsCallers(t *testing.T) {
	r := NewRegistry()
	for skip, want := range map[int]string{-1: "monkit.example/monkit", 0: "monkit.example/monkit", 1: "sync", 1000: "unknown"} {
		var once sync.Once
		once.Do(func() {
			if got := r.CallerPackage(skip).Name(); got != want {
				t.Errorf("skipping %d callers: scope is %q, want %q", skip, got, want)
			}
		})
	}
}

func TestCallersAreNamed(t *testing.T) {
	if got, want := here.Name(), "monkit.example/monkit"; got != want {
		t.Errorf("scope is %q, want %q", got, want)
	}
	if got := NewRegistry().Package().Name(); got != here.Name() {
		t.Errorf("scope of another registry is %q", got)
	}
	inner := func() *Func { return here.Func() }
	for _, tt := range []struct {
		name string
		fn   *Func
		want string
	}{
		{"function", here.Func(), "TestCallersAreNamed"},
		{"method", new(receiver).method(), "(*receiver).method"},
		{"closure", inner(), "TestCallersAreNamed.func1"},
		{"generic", generic(1), "generic[...]"},
		{"same again", here.Func(), "TestCallersAreNamed"},
	} {
		if got := tt.fn.ShortName(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if got, want := here.Func().FullName(), "monkit.example/monkit.TestCallersAreNamed"; got != want {
		t.Errorf("full name is %q, want %q", got, want)
	}
}

func TestCallSiteIsAddedOnce(t *testing.T) {
	var c callSites
	first, other := &callSite{pc: 1}, &callSite{pc: 2}
	if c.add(first) != first || c.add(other) != other || c.add(&callSite{pc: 1}) != first {
		t.Error("add replaces a site")
	}
	if c.at(1) != first || c.at(2) != other || c.at(3) != nil {
		t.Errorf("sites %v", *c.all.Load())
	}
}

//go:noinline
func returnAddress() uintptr { return returnPC() }

// TestCallSitesAreFoundByReturnAddress has one place where Task is inlined, and
// one where Start is not. The first is one site, which leads to its Func; the
// second has a site for the caller and one, shared, within this package.
func TestCallSitesAreFoundByReturnAddress(t *testing.T) {
	if returnAddress() == 0 {
		t.Skip("returnPC does not know the address on this platform")
	}
	s := NewRegistry().ScopeNamed("s")
	for range 3 {
		s.Task()(nil)(nil)
	}
	start := s.Start
	for range 3 {
		start(nil).Finish(nil)
	}
	shared, own := 0, 0
	for _, site := range *s.sites.all.Load() {
		switch fn := site.fn.Load(); {
		case site.shared:
			shared++
		case fn == s.FuncNamed("TestCallSitesAreFoundByReturnAddress"):
			own++
		default:
			t.Errorf("a site leads to %v", fn)
		}
	}
	if shared != 1 || own != 2 {
		t.Errorf("%d shared sites, want 1; %d others, want 2", shared, own)
	}
}

// BenchmarkCallSites compares the lookup of a call site with that in a
// sync.Map, in a program that begins runs at 16 places.
func BenchmarkCallSites(b *testing.B) {
	const places = 16
	var sites callSites
	var syncMap sync.Map
	at := func(i int) uintptr { return uintptr(0x4a0000 + i%places*0x133) }
	for i := range places {
		syncMap.Store(at(i), sites.siteOf(at(i)))
	}
	for name, find := range map[string]func(pc uintptr) *callSite{
		"callSites": sites.at,
		"sync.Map": func(pc uintptr) *callSite {
			site, _ := syncMap.Load(pc)
			return site.(*callSite)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if find(at(i)) == nil {
					b.Fatalf("no site of %#x", at(i))
				}
			}
		})
	}
}
