package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"syscall"
)

// errCrash is what every call returns after the simulated system has died.
var errCrash = errors.New("simulated crash")

const sector = 512

// simFS is a file system in memory that knows what is durable. A crash loses any
// sectors, lengths, names and removals that were not synced.
type simFS struct {
	names   map[string]*simNode // what a process sees
	durable map[string]*simNode // what the directory has on disk
	created []string            // names in the order in which they were created; fuzzing wants the same paths again
	locked  map[string]bool

	ops     int               // calls that change something, so far
	crashAt int               // the system dies in this one; 0 is never
	fail    func(op op) error // decides which calls fail; nil is none
	noAlloc bool              // fallocate is not supported
	free    int64             // bytes; 0 is unlimited
}

// An op is a call that may fail.
type op struct {
	n    int // 1 is the first
	call string
	path string
	off  int64 // of a read or write
	size int
}

type simNode struct {
	data    []byte // what a process sees
	synced  []byte // what is on disk for sure
	pending []change
}

// A change was made and is not synced.
type change struct {
	off  int64  // of a write within one sector
	data []byte // nil for a change of length
	size int64
}

func newSim() *simFS {
	return &simFS{names: map[string]*simNode{}, durable: map[string]*simNode{}, locked: map[string]bool{}}
}

// do counts a call and decides whether it fails. Reads are not counted, since a
// crash in one is a crash in the change before.
func (s *simFS) do(call, path string, off int64, size int) error {
	if s.crashAt > 0 && s.ops >= s.crashAt {
		return errCrash
	}
	if call != "read" && call != "open" {
		s.ops++
	}
	if s.crashAt > 0 && s.ops >= s.crashAt {
		return errCrash
	}
	if s.fail == nil {
		return nil
	}
	return s.fail(op{s.ops, call, filepath.Base(path), off, size})
}

// crash returns the file system after the system has come up again. rng decides
// what of the unsynced changes is on disk: each with the probability keep.
func (s *simFS) crash(rng *rand.Rand, keep float64) *simFS {
	after := newSim()
	after.noAlloc = s.noAlloc
	kept := func() bool { return rng.Float64() < keep }
	names := maps.Clone(s.durable)
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		if n := s.names[name]; names[name] != n && kept() {
			names[name] = n
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.durable)) {
		if s.names[name] == nil && kept() {
			delete(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		data := slices.Clone(names[name].synced)
		for _, c := range names[name].pending {
			if kept() {
				data = c.apply(data)
			}
		}
		n := &simNode{data: data, synced: slices.Clone(data)}
		after.names[name], after.durable[name] = n, n
	}
	return after
}

// kill returns the file system after the process alone has died: everything is
// there.
func (s *simFS) kill() *simFS {
	s.locked = map[string]bool{}
	s.crashAt = 0
	return s
}

func (c change) apply(data []byte) []byte {
	if c.data == nil {
		if c.size <= int64(len(data)) {
			return data[:c.size]
		}
		return append(data, make([]byte, c.size-int64(len(data)))...)
	}
	if end := c.off + int64(len(c.data)); end > int64(len(data)) {
		data = append(data, make([]byte, end-int64(len(data)))...)
	}
	copy(data[c.off:], c.data)
	return data
}

func (s *simFS) PrepareDir(string) error { return s.do("mkdir", "", 0, 0) }

func (s *simFS) Lock(path string) (io.Closer, error) {
	if s.locked[path] {
		return nil, ErrLocked
	}
	s.locked[path] = true
	return simLock{s, path}, nil
}

type simLock struct {
	fs   *simFS
	path string
}

func (l simLock) Close() error {
	delete(l.fs.locked, l.path)
	return nil
}

func (s *simFS) ReadDir(dir string, fn func(Entry)) error {
	for _, name := range s.list() {
		fn(Entry{Name: filepath.Base(name), Size: int64(len(s.names[name].data)), Regular: true})
	}
	return nil
}

// list returns the names of all files.
func (s *simFS) list() []string {
	for _, name := range s.created {
		if s.names[name] == nil {
			return slices.Sorted(maps.Keys(s.names))
		}
	}
	if len(s.created) != len(s.names) { // a test has added or removed some
		return slices.Sorted(maps.Keys(s.names))
	}
	return s.created
}

func (s *simFS) Create(path string) (File, error) {
	if err := s.do("create", path, 0, 0); err != nil {
		return nil, err
	}
	if s.names[path] != nil {
		return nil, fs.ErrExist
	}
	s.names[path] = &simNode{}
	s.created = append(s.created, path)
	return &simFile{s, path, s.names[path], false}, nil
}

func (s *simFS) Open(path string, write bool) (File, error) {
	if err := s.do("open", path, 0, 0); err != nil {
		return nil, err
	}
	n := s.names[path]
	if n == nil {
		return nil, fs.ErrNotExist
	}
	return &simFile{s, path, n, !write}, nil
}

func (s *simFS) Remove(path string) error {
	if err := s.do("remove", path, 0, 0); err != nil {
		return err
	}
	if s.names[path] == nil {
		return fs.ErrNotExist
	}
	delete(s.names, path)
	return nil
}

func (s *simFS) SyncDir(dir string) error {
	if err := s.do("syncdir", dir, 0, 0); err != nil {
		return err
	}
	s.durable = maps.Clone(s.names)
	return nil
}

func (s *simFS) Space(string) (free, size int64, err error) {
	if s.free == 0 {
		return 0, 0, errors.ErrUnsupported
	}
	return s.free - s.used(), s.free, nil
}

func (s *simFS) used() (sum int64) {
	for _, n := range s.names {
		sum += int64(len(n.data))
	}
	return sum
}

type simFile struct {
	fs       *simFS
	path     string
	node     *simNode
	readOnly bool
}

func (f *simFile) ReadAt(b []byte, off int64) (int, error) {
	if err := f.fs.do("read", f.path, off, len(b)); err != nil {
		return 0, err
	}
	if off >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.node.data[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *simFile) WriteAt(b []byte, off int64) (int, error) {
	if f.readOnly {
		return 0, syscall.EBADF
	}
	err := f.fs.do("write", f.path, off, len(b))
	if errors.Is(err, syscall.ENOSPC) {
		b = b[:len(b)/2] // a disk that is full takes a part
	} else if err != nil && !errors.Is(err, errCrash) {
		return 0, err
	}
	for at, rest := off, b; len(rest) > 0; {
		n := min(len(rest), int(sector-at%sector))
		f.change(change{off: at, data: slices.Clone(rest[:n])})
		at, rest = at+int64(n), rest[n:]
	}
	if err != nil {
		return len(b), err
	}
	return len(b), nil
}

func (f *simFile) change(c change) {
	f.node.data = c.apply(f.node.data)
	f.node.pending = append(f.node.pending, c)
}

func (f *simFile) Size() (int64, error) { return int64(len(f.node.data)), nil }

func (f *simFile) Truncate(size int64) error { return f.resize("truncate", size) }

func (f *simFile) Allocate(size int64) error {
	if f.fs.noAlloc {
		return fmt.Errorf("fallocate: %w", errors.ErrUnsupported)
	}
	if f.fs.free > 0 && f.fs.used()+size > f.fs.free {
		return syscall.ENOSPC
	}
	return f.resize("allocate", max(size, int64(len(f.node.data))))
}

func (f *simFile) resize(call string, size int64) error {
	err := f.fs.do(call, f.path, 0, 0)
	if err == nil || errors.Is(err, errCrash) {
		f.change(change{size: size})
	}
	return err
}

// Sync makes the changes durable. If it fails, they are marked as written all the
// same, as Linux does: the next Sync succeeds and leaves them as they are.
func (f *simFile) Sync() error {
	err := f.fs.do("sync", f.path, 0, 0)
	switch {
	case errors.Is(err, errCrash):
	case err != nil:
		f.lose()
	default:
		for _, c := range f.node.pending {
			f.node.synced = c.apply(f.node.synced)
		}
		f.node.pending = nil
	}
	return err
}

// lose forgets half of the changes, as if the disk had not taken them. A process
// still reads them.
func (f *simFile) lose() {
	for i, c := range f.node.pending {
		if i%2 == 0 {
			f.node.synced = c.apply(f.node.synced)
		}
	}
	f.node.pending = nil
}

func (f *simFile) Close() error { return nil }
