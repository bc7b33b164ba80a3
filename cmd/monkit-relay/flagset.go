package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"monkit.example/internal/endpoint"
)

// flagSet reports all errors of a command line, where the flag package stops at
// the first one, and removes credentials from them.
type flagSet struct {
	*flag.FlagSet
	argHelp  string   // what to write instead of an argument that is not a flag
	commands []string // that may be taken for one
	errs     []error
}

func newFlagSet(name, argHelp string) *flagSet {
	f := &flagSet{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), argHelp: argHelp}
	f.SetOutput(io.Discard) // read returns the errors
	return f
}

// addFlag adds a flag that is parsed into p, which holds the default. The error
// of parse should say what to write instead.
func addFlag[T any](f *flagSet, p *T, name, usage string, parse func(string) (T, error)) {
	f.Var(&value[T]{f: f, name: name, p: p, parse: parse}, name, usage)
}

// addSize adds a flag for a number of bytes from least to most. The example is
// part of its errors.
func addSize[T int | int64](f *flagSet, p *T, name, usage string, least, most int64, example string) {
	f.Var(&value[T]{
		f: f, name: name, p: p, parse: sizeOf[T](least, most, example),
		format: func(n T) string { return endpoint.FormatSize(int64(n)) },
	}, name, usage)
}

// value is a flag.Value whose Set never fails, so that the flag package goes on.
// It adds the error to those that flagSet.read returns.
type value[T any] struct {
	f     *flagSet
	name  string
	p     *T
	parse func(string) (T, error)
	// format prints the default as parse parses it. Nil means fmt.Sprint.
	format func(T) string
}

// String returns the default, which the flag package prints, or "" for a default
// that depends on other flags.
func (v *value[T]) String() string {
	if v.p == nil || reflect.ValueOf(*v.p).IsZero() { // the flag package calls String on a zero value, too
		return ""
	}
	if v.format != nil {
		return v.format(*v.p)
	}
	return fmt.Sprint(*v.p)
}

func (v *value[T]) Set(s string) error {
	val, err := v.parse(s)
	if err != nil {
		v.f.errs = append(v.f.errs, fmt.Errorf("-%s %q: %w", v.name, endpoint.Redact(s), err))
		return nil
	}
	*v.p = val
	return nil
}

// read parses args, which must all be flags. If help is requested, it writes
// usage and the flags to out and returns flag.ErrHelp.
func (f *flagSet) read(args []string, usage string, out io.Writer) error {
	if err := f.parse(args, usage, out); err != nil {
		return err
	}
	if f.NArg() > 0 {
		f.errs = append(f.errs, f.extraArg(f.Arg(0)))
	}
	return errors.Join(f.errs...)
}

// extraArg returns the error of an argument that is not a flag.
func (f *flagSet) extraArg(arg string) error {
	if c := suggestions(arg, f.commands); len(c) == 1 {
		return fmt.Errorf("%q is not a flag; the command %s stands alone, without flags before it: %s %s", endpoint.Redact(arg), c[0], f.Name(), c[0])
	}
	return fmt.Errorf("%q is not a flag; %s, or see %s -h", endpoint.Redact(arg), f.argHelp, f.Name())
}

// readWithArg does the same for args with exactly one that is no flag, and
// returns that. Flags may be before and after it. What is its name in errors.
func (f *flagSet) readWithArg(args []string, what, usage string, out io.Writer) (string, error) {
	if err := f.parse(args, usage, out); err != nil {
		return "", err
	}
	arg := f.Arg(0)
	if f.NArg() > 1 {
		if err := f.parse(f.Args()[1:], usage, out); err != nil {
			return "", err
		}
		if f.NArg() > 0 {
			f.errs = append(f.errs, fmt.Errorf("%q is too much; write one %s, or see %s -h", endpoint.Redact(f.Arg(0)), what, f.Name()))
		}
	} else if arg == "" && len(f.errs) == 0 {
		f.errs = append(f.errs, fmt.Errorf("no %s; see %s -h", what, f.Name()))
	}
	return arg, errors.Join(f.errs...)
}

// parse parses the flags at the beginning of args. If that fails, it returns
// flag.ErrHelp, or all errors.
func (f *flagSet) parse(args []string, usage string, out io.Writer) error {
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		f.SetOutput(out)
		f.PrintDefaults()
		return err
	case err != nil:
		f.errs = append(f.errs, f.explain(err))
		return errors.Join(f.errs...)
	}
	return nil
}

// explain returns an error of the flag package with what to write instead.
func (f *flagSet) explain(err error) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return fmt.Errorf("%s; %s -h lists the flags", endpoint.Redact(err.Error()), f.Name())
	}
	names := []string{"help"}
	f.VisitAll(func(fl *flag.Flag) { names = append(names, fl.Name) })
	help := f.Name() + " -h"
	return fmt.Errorf("there is no flag -%s%s", endpoint.Redact(name), didYouMean(name, "-", names, help, "; "+help+" lists the flags"))
}

// atLeast returns a parser of times. The example is part of its errors.
func atLeast(least time.Duration, example string) func(string) (time.Duration, error) {
	return func(s string) (time.Duration, error) {
		d, err := endpoint.ParseDuration(s)
		if err != nil || d < least {
			return 0, fmt.Errorf("write a time of at least %v, such as %s", least, example)
		}
		return d, nil
	}
}

// sizeOf returns a parser of sizes such as "64MiB".
func sizeOf[T int | int64](least, most int64, example string) func(string) (T, error) {
	return func(s string) (T, error) {
		n, err := endpoint.ParseSize(s)
		if err != nil || n < least || n > most || int64(T(n)) != n {
			return 0, fmt.Errorf("write a size from %s to %s, such as %s", endpoint.FormatSize(least), endpoint.FormatSize(most), example)
		}
		return T(n), nil
	}
}

// numberIn returns a parser of numbers. The example is part of its errors.
func numberIn[T int | float64](least, most T, example string) func(string) (T, error) {
	return func(s string) (T, error) {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || !(n >= float64(least) && n <= float64(most)) || float64(T(n)) != n {
			return 0, fmt.Errorf("write a number from %v to %v, such as %s", least, most, example)
		}
		return T(n), nil
	}
}
