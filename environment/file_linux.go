package environment

import (
	"bytes"
	"syscall"
)

// A page holds any file that is read here: the kernel makes most of them in
// one, and the longest, memory.stat, is half as long. Only io.stat has no
// bound; here it has eighty devices.
type page [8192]byte

// read returns what the small file called name has, or the whole lines of it
// that fit. It is in p, which costs a walk nothing if it is on the stack,
// unlike an os.File.
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
		// Half a number is another number.
		n = 1 + bytes.LastIndexByte(p[:], '\n')
	}
	return p[:n]
}

func open(name string) (fd int, err error) {
	for {
		// A file that waits for a writer is none of the kernel's; do not wait
		// with it.
		fd, err = syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
		if err != syscall.EINTR {
			return fd, err
		}
	}
}
