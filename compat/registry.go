package monkit

import "monkit.example/monkit"

// Default is the registry that the functions of this package use: that of
// monkit.example/monkit.
var Default = monkit.Default

// Registry holds scopes, and through them all sources and live spans.
type Registry = monkit.Registry

// NewRegistry returns an empty registry.
func NewRegistry() *Registry { return monkit.NewRegistry() }

// Scope is a named group of sources, most often those of one package.
type Scope = monkit.Scope

// Package returns the scope of Default named after the calling package.
func Package() *Scope { return Default.CallerPackage(1) }

// ScopeNamed returns the scope of Default called name.
func ScopeNamed(name string) *Scope { return Default.ScopeNamed(name) }

// RootSpans is Default.RootSpans.
func RootSpans(cb func(s *Span)) { Default.RootSpans(cb) }

// Scopes is Default.Scopes.
func Scopes(cb func(s *Scope)) { Default.Scopes(cb) }

// Funcs is Default.Funcs.
func Funcs(cb func(f *Func)) { Default.Funcs(cb) }

// Stats is Default.Stats.
func Stats(cb func(key SeriesKey, field string, val float64)) { Default.Stats(cb) }
