package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"unsafe"
)

// A page is the file of a book in memory, shared with the file, so that the
// system has each count as soon as it is added.
//
// An access may fail: a file system is full although the page was written once,
// a disk is gone, or the file was truncated. Such a fault would end the process
// (SIGBUS), so each access turns it into an error.
type page struct {
	path  string
	file  *os.File // locked until release
	cells *cells   // in the mapped memory
}

// openPage opens, or makes, the file of o at path for the next run. It returns no
// page if the counts cannot be kept there, and an error that says why, or one
// that says that a damaged file was replaced.
func openPage(path string, o origin) (*page, recovery, error) {
	if !canMap {
		return nil, recovery{}, fmt.Errorf("files cannot be mapped on %s: %w", runtime.GOOS, errors.ErrUnsupported)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, recovery{}, err
	}
	p, r, err := takePage(f, o)
	if p == nil {
		release(f)
		return nil, r, err
	}
	p.path = path
	return p, r, err
}

// takePage locks f and makes it the page of the next run.
func takePage(f *os.File, o origin) (*page, recovery, error) {
	if err := lockFile(f); err != nil {
		return nil, recovery{}, err
	}
	file, err := readPage(f)
	if err != nil {
		return nil, recovery{}, err
	}
	v, empty, found := o.parse(file)
	if found != nil && !errors.Is(found, errDamaged) {
		return nil, recovery{}, found
	}
	fresh := empty || found != nil
	var r recovery
	if fresh {
		file = append(o.header(), make([]byte, pageSize-offCells)...)
	} else {
		r = o.recoverFrom(v)
	}
	p, err := o.start(f, file, fresh, r)
	if err != nil {
		f.Truncate(0) // or a later run would take these counts for those of this one
		return nil, r, err
	}
	return p, r, found
}

// readPage returns the content of f, cut behind the length of a page.
func readPage(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	return io.ReadAll(io.NewSectionReader(f, 0, pageSize+1))
}

// start writes the page as it is, which allocates its blocks or fails, and maps
// it. Then it enters the new run.
func (o origin) start(f *os.File, content []byte, fresh bool, r recovery) (*page, error) {
	if _, err := f.WriteAt(content, 0); err != nil {
		return nil, err
	}
	if err := f.Truncate(pageSize); err != nil {
		return nil, err
	}
	if fresh {
		// Some file systems allocate, and fail, only now.
		if err := f.Sync(); err != nil {
			return nil, err
		}
	}
	data, err := mapPage(f, pageSize)
	if err != nil {
		return nil, err
	}
	p := &page{file: f, cells: (*cells)(unsafe.Pointer(&data[offCells]))}
	// Goroutines may still add to a page that was closed, so it is unmapped when
	// none of them holds it.
	runtime.AddCleanup(p, unmap, data)
	return p, p.access(func(c *cells) {
		for _, s := range o.enter(r) {
			c[s.cell].Store(s.value)
		}
	})
}

// mapPage is replaced by a test.
var mapPage = mapFile

// access calls fn with the mapped cells, and returns an error if it faults.
func (p *page) access(fn func(*cells)) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer catchFault(&err)
	fn(p.cells)
	runtime.KeepAlive(p)
	return nil
}

// add adds n to a cell.
func (p *page) add(cell int, n int64) error {
	return p.access(func(c *cells) { c[cell].Add(n) })
}

// close enters the end of the run, writes the page to disk and unlocks the file.
func (p *page) close() error {
	err := p.access(func(c *cells) { c[cellState].Store(stateClean) })
	if err == nil {
		err = p.file.Sync()
	}
	if err = errors.Join(err, release(p.file)); err != nil {
		return fmt.Errorf("book %s: close: %w", p.path, err)
	}
	return nil
}

// discard makes the file empty, or removes it, since it lacks counts and the next
// run would take it for exact.
func (p *page) discard() {
	if p.file.Truncate(0) != nil {
		os.Remove(p.path)
	}
	release(p.file)
}

// release unlocks and closes f.
func release(f *os.File) error {
	unlockFile(f)
	return f.Close()
}

// catchFault sets *err if a deferring function ends with a fault in mapped
// memory.
func catchFault(err *error) {
	switch r := recover().(type) {
	case nil:
	case interface {
		error
		Addr() uintptr
	}:
		*err = fmt.Errorf("the file cannot be written any more: %w", r)
	default:
		panic(r)
	}
}
