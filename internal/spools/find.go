package spools

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"monkit.example/internal/spool"
)

const (
	// maxDepth is how far below the given directory spools are looked for: a
	// relay has DIR/DESTINATION/spool.
	maxDepth = 2
	// maxDirs bounds the search in a directory that has nothing to do with a
	// relay.
	maxDirs = 10_000

	spoolFolder = "spool"
	bookFile    = "book"
	lockFile    = "lock" // in the folder of the spool
)

// A Place is a directory with a spool.
type Place struct {
	Dir  string // of the spool
	Book string // path of the file that counts the lines of the destination; empty if there is none
	Err  error  // why the spool cannot be read, or nil
}

// Find returns the spools in dir, which is the directory of a relay, the folder
// of one destination, or a spool itself. What a spool is depends on the content
// of its files, not on their names. It returns at least one, or an error. Links
// below dir are not followed.
func Find(dir string) ([]Place, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such directory; write that of the relay's flag -spool, or one below it", dir)
	case err != nil:
		return nil, explain(err)
	case !info.IsDir():
		return nil, fmt.Errorf("%s: it is no directory; write the directory that it is in", dir)
	}
	f := finder{}
	f.search(filepath.Clean(dir), 0)
	switch {
	case f.dirs > maxDirs:
		return nil, fmt.Errorf("%s: there are more than %d directories below it; write that of the relay's flag -spool, or one below it", dir, maxDirs)
	case len(f.found) == 0:
		return nil, fmt.Errorf("%s: there is no spool in it, nor up to %d levels below it", dir, maxDepth)
	}
	return f.found, nil
}

type finder struct {
	found []Place
	dirs  int
}

func (f *finder) search(dir string, depth int) {
	if f.dirs++; f.dirs > maxDirs {
		return
	}
	found, err := isSpool(dir)
	if found || err != nil {
		f.found = append(f.found, Place{Dir: dir, Book: bookOf(dir), Err: err})
		return
	}
	if depth == maxDepth {
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		f.found = append(f.found, Place{Dir: dir, Err: explain(err)})
		return
	}
	for _, e := range entries {
		if e.IsDir() {
			f.search(filepath.Join(dir, e.Name()), depth+1)
		}
	}
}

// bookOf returns the path of the book that belongs to the spool in dir.
func bookOf(dir string) string {
	path := filepath.Join(filepath.Dir(dir), bookFile)
	if info, err := os.Lstat(path); filepath.Base(dir) == spoolFolder && err == nil && info.Mode().IsRegular() {
		return path
	}
	return ""
}

// isSpool reports whether dir is a spool. If it is one that cannot be read, or if
// that is not known, it returns an error.
func isSpool(dir string) (bool, error) {
	v, err := spool.Inspect(dir, nil)
	if err != nil {
		return false, explain(err)
	}
	defer v.Close()
	info := v.Info()
	for _, s := range info.Segments {
		if !s.HeaderDamaged && !s.Blank || s.Sealed {
			return true, nil
		}
	}
	if hasCursor(dir) {
		return true, nil
	}
	if len(info.Segments) == 0 {
		return false, nil
	}
	_, err = v.Next() // a record is enough where everything else is damaged
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	return err == nil, explain(err)
}

// A cursor has two slots, of which either may be missing or damaged.
const (
	slotMagic  = "\xf5cur"
	slotStride = 4096
)

// hasCursor reports whether dir has the file in which a spool without records
// keeps its position.
func hasCursor(dir string) bool {
	f, err := spool.OS{}.Open(filepath.Join(dir, "cursor"), false)
	if err != nil {
		return false
	}
	defer f.Close()
	for _, at := range []int64{0, slotStride} {
		b := make([]byte, len(slotMagic))
		if _, err := f.ReadAt(b, at); err == nil && bytes.Equal(b, []byte(slotMagic)) {
			return true
		}
	}
	return false
}

// explain adds to err what to do about it.
func explain(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w; run this as the user of the process that writes the spool", err)
	}
	return err
}
