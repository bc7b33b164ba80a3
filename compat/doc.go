// Package monkit is monkit.example/monkit under the import path of the library
// that it replaces. A program and the libraries that it imports stay as they
// are, and count in one registry, if the program's go.mod replaces the module:
//
//	replace github.com/spacemonkeygo/monkit/v3 => PATH/compat
//	replace monkit.example => PATH
//
// Types are aliases, so values of the two import paths have the same types.
// Functions call those of the same name. New code imports monkit.example/monkit.
//
// Variables cannot be aliases. Default, Window and ObservedQuantiles start with
// the values of monkit.example/monkit. A program that assigns to Default changes
// which registry the functions of this package use, but not those of the other
// import path. Assigning to Window or ObservedQuantiles has no effect; assigning
// to the elements of ObservedQuantiles has.
package monkit
