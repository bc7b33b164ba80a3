//go:build unix && !solaris && !aix

package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestFilesArePrivate(t *testing.T) {
	dir := onDisk(t, damageRecords)
	s := mustOpen(t, dir, testOptions(nil))
	defer s.Close()
	appendRecords(t, s, 1)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := fs.FileMode(fileMode)
		if d.IsDir() {
			want = dirMode
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has mode %04o, want %04o", path, info.Mode().Perm(), want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestForkedChildDoesNotKeepTheLock has a second descriptor of the lock file, as
// a child process has between fork and exec.
func TestForkedChildDoesNotKeepTheLock(t *testing.T) {
	dir := onDisk(t, 1)
	s := mustOpen(t, dir, testOptions(nil))
	fd, err := syscall.Dup(int(s.lock.(lock).f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := mustOpen(t, dir, testOptions(nil)).Close(); err != nil {
		t.Error(err)
	}
}

// TestOpenWaitsForAProcessThatLooks has the lock shared for a moment, as the
// commands that show spools have it.
func TestOpenWaitsForAProcessThatLooks(t *testing.T) {
	dir := onDisk(t, 1)
	f, err := os.Open(filepath.Join(dir, lockName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd := int(f.Fd())
	if err := syscall.Flock(fd, syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	unlocked := make(chan error, 1)
	time.AfterFunc(lockInterval, func() { unlocked <- syscall.Flock(fd, syscall.LOCK_UN) })
	if err := mustOpen(t, dir, testOptions(nil)).Close(); err != nil {
		t.Error(err)
	}
	if err := <-unlocked; err != nil {
		t.Error(err)
	}
}

func TestReadableDirectoryIsMadePrivate(t *testing.T) {
	dir := onDisk(t, 1)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, dir, testOptions(nil))
	defer s.Close()
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != dirMode {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestUnsafeDirectories covers what another user may have prepared.
func TestUnsafeDirectories(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(dir string) error
		want   string
	}{
		{"others may write", func(dir string) error { return os.Chmod(dir, 0o777) }, "mode 0777"},
		{"the group may write", func(dir string) error { return os.Chmod(dir, 0o770) }, "mode 0770"},
		{"a link in its place", func(dir string) error {
			return errors.Join(os.Rename(dir, dir+"2"), os.Symlink(dir+"2", dir))
		}, "a symbolic link, not a directory"},
		{"a link for the cursor", func(dir string) error { return replaceByLink(filepath.Join(dir, cursorName)) }, "cursor: it is not safe"},
		{"a link for the lock", func(dir string) error { return replaceByLink(filepath.Join(dir, lockName)) }, "lock: it is not safe"},
		{"another user's directory", func(dir string) error { return os.Chown(dir, 12345, -1) }, "belongs to user 12345"},
		{"another user's cursor", func(dir string) error { return os.Chown(filepath.Join(dir, cursorName), 12345, -1) }, ""},
		{"another user's lock", func(dir string) error { return os.Chown(filepath.Join(dir, lockName), 12345, -1) }, "belongs to user 12345"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.HasPrefix(tt.name, "another user") && os.Geteuid() != 0 {
				t.Skip("only the superuser can give a file away")
			}
			dir := onDisk(t, 3)
			if err := tt.change(dir); err != nil {
				t.Fatal(err)
			}
			s, err := Open(dir, testOptions(nil))
			if err == nil { // the cursor is written later
				readSeqs(t, s)
				err = errors.Join(s.Release(3), s.Sync())
				s.Close()
			}
			if !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v; want %q", err, tt.want)
			}
		})
	}
}

// replaceByLink moves a file away and leaves a link to it.
func replaceByLink(path string) error {
	away := filepath.Join(filepath.Dir(filepath.Dir(path)), "away")
	return errors.Join(os.Rename(path, away), os.Symlink(away, path))
}

// TestLinkForASegmentIsNotFollowed checks that a link is neither read nor removed,
// nor what it leads to written.
func TestLinkForASegmentIsNotFollowed(t *testing.T) {
	dir := onDisk(t, damageRecords)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), fileMode); err != nil {
		t.Fatal(err)
	}
	for _, seq := range []uint64{damageRecords + 1, damageRecords + 2} {
		if err := os.Symlink(secret, filepath.Join(dir, nameOfSegment(seq, 0))); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, nameOfSegment(5, 0)), fileMode); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, dir, testOptions(nil))
	defer s.Close()
	appendRecords(t, s, 1)
	if got := readSeqs(t, s); !slices.Equal(got, without(damageRecords+1)) || s.Stats().Foreign != 3 {
		t.Errorf("records %v are read; %d files are foreign", got, s.Stats().Foreign)
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "secret" {
		t.Errorf("the file behind the link is %q, %v", b, err)
	}
	if _, err := (OS{}).Open(filepath.Join(dir, nameOfSegment(damageRecords+1, 0)), true); !errors.Is(err, ErrUnsafe) {
		t.Errorf("opening a link returned %v", err)
	}
}

// TestReadOnlyDirectory checks the error for a directory that cannot be written.
func TestReadOnlyDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("the superuser may write to any directory; TestErrorInEveryCall covers a read-only file system")
	}
	dir := onDisk(t, 3)
	s := mustOpen(t, dir, testOptions(nil))
	defer s.Close()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(Meta{}, []byte("x")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v", err)
	}
	if err := os.Chmod(dir, dirMode); err != nil {
		t.Fatal(err)
	}
	appendRecords(t, s, 1)
}
