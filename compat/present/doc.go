// Package present is monkit.example/present under the import path of the library
// that it succeeds. Start with HTTP; new code imports monkit.example/present.
package present
