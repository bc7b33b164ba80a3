package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"time"

	"monkit.example/internal/endpoint"
)

// flagSet collects all that is wrong with a command line, where the flag
// package stops at the first fault, and shows no credentials.
type flagSet struct {
	*flag.FlagSet
	stray string // what to do about what is no flag
	wrong []error
}

func newFlagSet(name, stray string) *flagSet {
	f := &flagSet{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), stray: stray}
	f.SetOutput(io.Discard) // what is wrong is returned
	return f
}

// addFlag has text parsed into p, which holds the default. The error of parse
// says what to write instead.
func addFlag[T any](f *flagSet, p *T, name, usage string, parse func(string) (T, error)) {
	f.Var(&value[T]{f: f, name: name, p: p, parse: parse}, name, usage)
}

// value is a flag.Value whose Set never fails: it leaves what is wrong to
// flagSet.parse.
type value[T any] struct {
	f     *flagSet
	name  string
	p     *T
	parse func(string) (T, error)
}

// String is the default, as the flag package shows it.
func (v *value[T]) String() string {
	if v.p == nil { // the flag package asks what a zero value looks like
		return ""
	}
	return fmt.Sprint(*v.p)
}

func (v *value[T]) Set(s string) error {
	val, err := v.parse(s)
	if err != nil {
		v.f.wrong = append(v.f.wrong, fmt.Errorf("-%s %q: %w", v.name, endpoint.Redact(s), err))
		return nil
	}
	*v.p = val
	return nil
}

// read parses args, all of which have to be flags; help goes to out.
func (f *flagSet) read(args []string, usage string, out io.Writer) error {
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		f.SetOutput(out)
		f.PrintDefaults()
		return err
	case err != nil:
		f.wrong = append(f.wrong, fmt.Errorf("%s; %s -h lists the flags", endpoint.Redact(err.Error()), f.Name()))
	case f.NArg() > 0:
		f.wrong = append(f.wrong, fmt.Errorf("%q is not a flag; %s, or see %s -h", endpoint.Redact(f.Arg(0)), f.stray, f.Name()))
	}
	return errors.Join(f.wrong...)
}

// atLeast parses times.
func atLeast(least time.Duration, example string) func(string) (time.Duration, error) {
	return func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d < least {
			return 0, fmt.Errorf("write a time of at least %v, such as %s", least, example)
		}
		return d, nil
	}
}

// numberIn parses numbers.
func numberIn[T int | float64](least, most T, example string) func(string) (T, error) {
	return func(s string) (T, error) {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || !(n >= float64(least) && n <= float64(most)) || float64(T(n)) != n {
			return 0, fmt.Errorf("write a number from %v to %v, such as %s", least, most, example)
		}
		return T(n), nil
	}
}
