package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// envMount has the folder where a test that was started in a mount namespace of
// its own mounts a file system.
const envMount = "LEDGER_TEST_MOUNT"

// onSmallDisk runs test, which calls it, again in a process that may mount, with
// an empty file system of 64 KiB in dir.
func onSmallDisk(t *testing.T, test func(t *testing.T, dir string)) {
	if dir := os.Getenv(envMount); dir != "" {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
			fmt.Println("cannot mount:", err)
			os.Exit(3)
		}
		test(t, dir)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), envMount+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil && bytes.Contains(out, []byte("--- PASS: "+t.Name())):
	case err != nil && !errors.As(err, &exit), exit != nil && exit.ExitCode() == 3:
		t.Skipf("a file system cannot be mounted here: %v: %s", err, out)
	default:
		t.Errorf("%v: %s", err, out)
	}
}

// fill writes a file that leaves no room.
func fill(t *testing.T, dir string) (path string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, pageSize))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return f.Name()
}

// A page that is not allocated when a book is opened would end the process when a
// count is added to it.
func TestBookOnAFullDisk(t *testing.T) {
	onSmallDisk(t, func(t *testing.T, dir string) {
		before := filepath.Join(dir, "before")
		b := openTest(t, before)
		filler := fill(t, dir)
		b.Accept(3)
		b.Drop(Corrupt, 1)
		want := b.Ledger().String()
		if b.Err() != nil {
			t.Errorf("the book of before: %v", b.Err())
		}
		crash(t, &b.book)
		b = openTest(t, before)
		if got, end := b.Recovered(); got.String() != want || end != EndKilled {
			t.Errorf("recovered %v, %v, want %s", got, end, want)
		}

		late := filepath.Join(dir, "late")
		full, err := openBoot(t, late, testBoot)
		var opened *OpenError
		if !errors.Is(err, syscall.ENOSPC) || !errors.As(err, &opened) || !opened.InMemory {
			t.Errorf("opened on a full disk: %v", err)
		}
		checkCarriedOn(t, full, false)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		if got, end := openTest(t, late).Recovered(); end != EndNone || got.Accepted != 0 {
			t.Errorf("recovered %v, %v", got, end)
		}
	})
}

// A copy of a file may lack the blocks that have only zeros.
func TestSparseFileIsAllocated(t *testing.T) {
	onSmallDisk(t, func(t *testing.T, dir string) {
		path := filepath.Join(dir, "book")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, pageSize); err != nil {
			t.Fatal(err)
		}
		fill(t, dir)
		b, err := openBoot(t, path, testBoot)
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("got %v", err)
		}
		checkCarriedOn(t, b, false)
	})
}

// A file that cannot be written stays as it is.
func TestBookOnAReadOnlyDisk(t *testing.T) {
	onSmallDisk(t, func(t *testing.T, dir string) {
		path := filepath.Join(dir, "book")
		if err := os.WriteFile(path, goodFile(func([]byte) {}), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
		b, err := openBoot(t, path, testBoot)
		if !errors.Is(err, syscall.EROFS) || b.Err() == nil {
			t.Errorf("got %v", err)
		}
		checkCarriedOn(t, b, false)
	})
}

func TestPipeIsNoBook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := openBoot(t, path, testBoot)
	if b.Err() == nil || err == nil {
		t.Errorf("got %v", err)
	}
}

func TestClosedBooksAreUnmapped(t *testing.T) {
	dir := t.TempDir()
	mapped := func() bool {
		maps, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(maps, []byte(dir))
	}
	b := openTest(t, filepath.Join(dir, "book"))
	if !mapped() {
		t.Fatal("an open book is not mapped")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		runtime.GC() // which runs the cleanup on another goroutine
		if !mapped() {
			return
		}
	}
	t.Error("a closed book stays mapped")
}
