package spool

import (
	"errors"
	"fmt"
)

// Errors that callers distinguish with errors.Is. The texts that are returned
// name the directory and say what to do.
var (
	// ErrLocked means that another process, or another Spool of this one, has
	// the directory open.
	ErrLocked = errors.New("another process uses it")
	// ErrForeign means that the directory holds records for another
	// destination or in another format.
	ErrForeign = errors.New("it belongs to another destination")
	// ErrUnsafe means that another user may have planted what is in the
	// directory, or could not read what would be written to it.
	ErrUnsafe = errors.New("it is not safe to use")
	// ErrFull means that another segment would exceed Options.MaxBytes.
	// DropOldest makes room.
	ErrFull = errors.New("it is at its size limit")
	// ErrReserve means that another segment would leave less free space on the
	// file system than Options.Reserve.
	ErrReserve = errors.New("the file system has too little free space")
	// ErrTooLarge means that a record exceeds MaxRecord.
	ErrTooLarge = errors.New("the record is too large")
	// ErrUnreleased means that as many records as MaxHeld were read and not
	// released.
	ErrUnreleased = errors.New("too many records are read and not released")
	// ErrClosed is returned by all methods after Close.
	ErrClosed = errors.New("it is closed")
)

// errUnreadable means that no file of the directory can be read.
var errUnreadable = errors.New("the disk cannot read any file of it")

// A VersionError means that a newer version of this package wrote the file. No
// byte of the directory was changed.
type VersionError struct {
	File    string // path of the file
	Version uint32 // of its format
}

// Error names both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("%s has version %d of the format, and this program reads versions up to %d; it was left as it is: "+
		"use the newer program, or empty the spool with it first", e.File, e.Version, version)
}

// An UnwrittenError means that the system could not make records durable. They
// are no longer part of the spool: append them again, or count them as lost.
// Records before First are durable.
type UnwrittenError struct {
	First, Last uint64 // their sequences, which the next records get
	Lost        Totals
	Err         error
}

// Error says how much is not durable, and why.
func (e *UnwrittenError) Error() string {
	return fmt.Sprintf("records %d to %d (%d lines) are not durable and were taken back: %v", e.First, e.Last, e.Lost.Lines, e.Err)
}

// Unwrap returns the error of the system.
func (e *UnwrittenError) Unwrap() error { return e.Err }
