package environment

import (
	"bytes"
	"syscall"
)

// A page holds the whole of any file that this package reads in each walk. The
// kernel writes most of them into one page of memory, and the longest,
// memory.stat, is half as long. Only io.stat has no bound; here it may list
// eighty devices.
type page [8192]byte

// read returns the content of the small file called name, or the whole lines of
// it that fit. The result is a part of p. A page on the stack costs a walk no
// allocation, unlike an os.File.
func (p *page) read(name string) []byte {
	fd, err := open(name)
	if err != nil {
		return nil
	}
	defer syscall.Close(fd)
	n := 0
	for n < len(p) {
		more, err := syscall.Read(fd, p[n:])
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return nil
		}
		if more <= 0 {
			break
		}
		n += more
	}
	if n == len(p) {
		// A number that was cut would be another number.
		n = 1 + bytes.LastIndexByte(p[:], '\n')
	}
	return p[:n]
}

func open(name string) (fd int, err error) {
	for {
		// No file of the kernel blocks until a writer opens it, but a pipe in
		// its place would.
		fd, err = syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
		if err != syscall.EINTR {
			return fd, err
		}
	}
}
