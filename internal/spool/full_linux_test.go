package spool

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

func init() { children["tmpfs"] = fillTmpfs }

// TestRealFullFileSystem fills a file system of 16 MiB. The process that does it
// mounts it in a namespace of its own.
func TestRealFullFileSystem(t *testing.T) {
	if err := exec.Command("unshare", "-rm", "true").Run(); err != nil {
		t.Skipf("no namespace to mount a file system in (unshare -rm: %v); TestFullFileSystem covers the same with a simulated one", err)
	}
	dir := t.TempDir()
	const script = `mount -t tmpfs -o size=16m,mode=0700 spool "$1" || exit 77; exec "$2"`
	cmd := exec.Command("unshare", "-rm", "sh", "-c", script, "sh", dir, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=tmpfs", spoolEnv+"="+dir)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 77 {
		t.Skipf("cannot mount a tmpfs: %s", out)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// fillTmpfs fills the file system at dir with a spool, twice: until no segment
// fits, and with a file of another program beside it.
func fillTmpfs(dir string) error {
	o := Options{Identity: testIdentity, Format: testFormat, SegmentBytes: 1 << 20, MaxBytes: 64 << 20, Reserve: -1}
	s, err := Open(filepath.Join(dir, "spool"), o)
	if err != nil {
		return err
	}
	body := func(seq uint64) []byte { return append(make([]byte, 64<<10), byte(seq)) }
	fill := func() error {
		for {
			if _, err := s.Append(Meta{Lines: 1}, body(s.next)); err != nil {
				if errors.Is(err, syscall.ENOSPC) {
					return s.Sync()
				}
				return err
			}
		}
	}
	if err := fill(); err != nil {
		return err
	}
	if st := s.Stats(); st.Pending.Records < 200 || !st.Preallocated {
		return errors.New("fewer records than fit, or none is reserved")
	}
	n := s.next - 1
	read := func(from uint64) error {
		for seq := from; seq < s.next; seq++ {
			if rec, err := s.Next(); err != nil || rec.Seq != seq || !slices.Equal(rec.Bytes, body(seq)) {
				return errors.Join(errors.New("a record that was appended is not read"), err)
			}
		}
		return errors.Join(s.Release(s.next-1), s.Sync())
	}
	if err := read(1); err != nil {
		return err
	}
	// Space that others take is missed before a record is written.
	if err := os.WriteFile(filepath.Join(dir, "other"), make([]byte, 8<<20), fileMode); err != nil {
		return err
	}
	if err := fill(); err != nil {
		return err
	}
	if got := s.next - 1 - n; got < 80 || got > 130 {
		return errors.New("beside another file the spool takes more or less than what is free")
	}
	if err := errors.Join(s.Close(), os.Remove(filepath.Join(dir, "other"))); err != nil {
		return err
	}
	if s, err = Open(filepath.Join(dir, "spool"), o); err != nil {
		return err
	}
	if _, err := s.Append(Meta{Lines: 1}, body(s.next)); err != nil {
		return err
	}
	if err := errors.Join(s.Sync(), read(n+1)); err != nil {
		return err
	}
	if st := s.Stats(); st.Damaged.Records != 0 {
		return errors.New("records are damaged")
	}
	return s.Close()
}
