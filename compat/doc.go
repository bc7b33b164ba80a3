// Package monkit is monkit.example/monkit under the import path of the library
// that it succeeds. A program and the libraries it imports stay as they are,
// and count in one registry, when the program's go.mod replaces the module by
// this one:
//
//	replace github.com/spacemonkeygo/monkit/v3 => PATH/compat
//	replace monkit.example => PATH
//
// Types are aliases, so that values go between the two import paths freely;
// functions call those of the same name. New code imports monkit.example/monkit.
//
// Variables cannot be aliases. Default, Window and ObservedQuantiles begin as
// those of monkit.example/monkit. A program that assigns to Default changes what
// the functions here use, not what those of the other import path do.
// Assigning to Window or ObservedQuantiles changes nothing, to the elements of
// ObservedQuantiles it does.
package monkit
