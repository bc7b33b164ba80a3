package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

const (
	cursorName = "cursor"
	lockName   = "lock"
)

// A cursor is the file with the reader's position. Its two slots are written in
// turn, so that the one before survives when the system dies while it writes.
type cursor struct {
	fs      FS
	dir     string
	file    File // nil until the first write
	durable slot // what was written last; zero if nothing was
	found   bool // durable was read, and may be in the memory of the system alone
}

// loadCursor returns the slots that are whole, the newer one first. It returns a
// VersionError if a newer version wrote one of them.
func loadCursor(fsys FS, dir string) (slots []slot, err error) {
	path := filepath.Join(dir, cursorName)
	f, err := fsys.Open(path, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	slots, newer := readSlots(f)
	if newer != 0 {
		return nil, &VersionError{File: path, Version: newer}
	}
	return slots, nil
}

// readSlots returns the slots that are whole, the newer one first, and the
// version of a slot that a newer version wrote.
func readSlots(f File) (slots []slot, newer uint32) {
	for i := range int64(2) {
		b := make([]byte, slotSize)
		if readSome(f, b, i*slotStride) < slotSize {
			continue
		}
		s, ok := decodeSlot(b)
		switch {
		case !ok:
		case s.version > version:
			return nil, s.version
		case len(slots) == 1 && s.generation > slots[0].generation:
			slots = []slot{s, slots[0]}
		default:
			slots = append(slots, s)
		}
	}
	return slots, 0
}

// write makes s durable. If it fails, the slot that was durable before still is.
func (c *cursor) write(s slot) error {
	if c.file == nil {
		if err := c.open(); err != nil {
			return fmt.Errorf("open the cursor: %w", err)
		}
	}
	s.version, s.generation = version, c.durable.generation+1
	index := int64(s.generation % 2)
	if _, err := c.file.WriteAt(s.encode(), index*slotStride); err != nil {
		return fmt.Errorf("write the cursor: %w", err)
	}
	if err := c.file.Sync(); err != nil {
		return fmt.Errorf("sync the cursor: %w", err)
	}
	c.durable, c.found = s, false
	return nil
}

func (c *cursor) open() error {
	path := filepath.Join(c.dir, cursorName)
	f, err := c.fs.Open(path, true)
	if !errors.Is(err, fs.ErrNotExist) {
		c.file = f
		return err
	}
	if f, err = c.fs.Create(path); err != nil {
		return err
	}
	err = f.Allocate(cursorSize)
	if errors.Is(err, errors.ErrUnsupported) {
		err = f.Truncate(cursorSize)
	}
	if err == nil {
		err = c.fs.SyncDir(c.dir)
	}
	if err != nil {
		return errors.Join(err, f.Close(), c.fs.Remove(path))
	}
	c.file = f
	return nil
}

func (c *cursor) close() error {
	if c.file == nil {
		return nil
	}
	defer func() { c.file = nil }()
	return c.file.Close()
}
