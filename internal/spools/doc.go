// Package spools finds, shows, checks and empties the spools of a relay, or of
// programs with reporters that have one. Everything but [Drain] only reads, and
// works while a process has the spool open.
//
// A relay gives each destination a folder, which has the spool in spool/ and the
// counts of its lines in the file book.
package spools
