// Package spool measures how fast a spool is written and read, beside a plain file
// that is written with the same rhythm of fsync, and read with the same sizes. It
// has only benchmarks and tests; run them with
//
//	make bench
//
// Both sides are on the file system of the folder for temporary files.
package spool
