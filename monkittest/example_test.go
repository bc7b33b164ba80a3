package monkittest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"monkit.example/monkit"
	"monkit.example/monkittest"
)

// shop is the code under test. It measures itself in the scope it is given.
type shop struct{ mon *monkit.Scope }

func (s shop) sell(ctx context.Context, what string) (err error) {
	defer s.mon.Task()(&ctx)(&err)
	s.mon.Counter("asked").Inc(1)
	return s.take(ctx, what)
}

func (s shop) take(ctx context.Context, what string) (err error) {
	defer s.mon.Task()(&ctx)(&err)
	return errors.New("no " + what + " left")
}

// printer is a testing.TB that prints errors.
type printer struct{ testing.TB }

func (printer) Helper()                           {}
func (printer) Cleanup(func())                    {}
func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func Example() {
	t := printer{} // in a test: its *testing.T
	r := monkittest.New(t)

	_ = shop{r.Package()}.sell(context.Background(), "tea")

	r.Want("asked value", 1)
	r.Want("function,name=shop.sell errors", 2)
	r.WantTree(`
		shop.sell: no tea left
		  shop.brew`)
	// Output:
	// function,name=shop.sell,scope=monkit.example/monkittest_test errors is 1, want 2
	// spans are:
	// shop.sell: no tea left
	//   shop.take: no tea left
	// want:
	// shop.sell: no tea left
	//   shop.brew
}
