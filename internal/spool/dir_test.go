package spool

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// contents returns the files in dir with their bytes.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		files[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// onDisk returns a directory with a closed spool of n records.
func onDisk(t *testing.T, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "spool")
	s := mustOpen(t, dir, testOptions(nil))
	appendRecords(t, s, n)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestSecondOpenIsLockedOut(t *testing.T) {
	dir := onDisk(t, 3)
	s := mustOpen(t, dir, testOptions(nil))
	if runtime.GOOS != "solaris" && runtime.GOOS != "aix" { // their locks are of the process
		if _, err := Open(dir, testOptions(nil)); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%v", err)
		}
	}
	if got := readSeqs(t, s); len(got) != 3 {
		t.Errorf("records %v are read", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := mustOpen(t, dir, testOptions(nil)).Close(); err != nil {
		t.Error(err)
	}
}

// TestRefusedSpoolIsLeftAlone checks that an Open that fails changes nothing, down
// to the lock file.
func TestRefusedSpoolIsLeftAlone(t *testing.T) {
	newer := func(t *testing.T, dir, name string, at, end int) {
		path := filepath.Join(dir, name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		part := b[at:end]
		order.PutUint32(part[8:], version+1)
		if name == cursorName {
			order.PutUint32(part[4:], checksum(part[8:]))
		} else {
			order.PutUint32(part[len(part)-4:], checksum(part[:len(part)-4]))
		}
		if err := os.WriteFile(path, b, fileMode); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, dir string, o *Options)
		want   error
		text   string
	}{
		{"segment of a newer version", func(t *testing.T, dir string, _ *Options) {
			newer(t, dir, nameOfSegment(1, 0), 0, headerSize)
		}, nil, "version 2 of the format, and this program reads versions up to 1"},
		{"cursor of a newer version", func(t *testing.T, dir string, _ *Options) {
			newer(t, dir, cursorName, slotStride, slotStride+slotSize)
		}, nil, "cursor has version 2"},
		{"another destination", func(_ *testing.T, _ string, o *Options) { o.Identity = "other" }, ErrForeign, `holds "graphite+tcp://127.0.0.1:2003"`},
		{"another format", func(_ *testing.T, _ string, o *Options) { o.Format = "influx" }, ErrForeign, `in format "influx"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := onDisk(t, damageRecords)
			if err := os.Remove(filepath.Join(dir, lockName)); err != nil {
				t.Fatal(err)
			}
			o := testOptions(nil)
			tt.change(t, dir, &o)
			before := contents(t, dir)
			_, err := Open(dir, o)
			var e *VersionError
			if tt.want != nil && !errors.Is(err, tt.want) || tt.want == nil && (!errors.As(err, &e) || e.Version != version+1) {
				t.Errorf("Open returned %v", err)
			}
			if err != nil && (!strings.Contains(err.Error(), tt.text) || !strings.Contains(err.Error(), dir)) {
				t.Errorf("%v; want %q", err, tt.text)
			}
			if after := contents(t, dir); !maps.Equal(before, after) {
				t.Errorf("files are %q, and were %q", slices.Sorted(maps.Keys(after)), slices.Sorted(maps.Keys(before)))
			}
		})
	}
}

// TestDamagedVersionIsNotNewer checks that a flipped bit in the version is damage.
func TestDamagedVersionIsNotNewer(t *testing.T) {
	sim := filled(t, damageRecords, false)
	sim.names[sim.segments()[0]].data[9] ^= 1
	if got := readSeqs(t, reopened(t, sim)); !slices.Equal(got, without(damageRecords)) {
		t.Errorf("records %v are read", got)
	}
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	dir := onDisk(t, damageRecords)
	other := onDisk(t, 5)
	segment, err := os.ReadFile(filepath.Join(other, nameOfSegment(1, 0)))
	if err != nil {
		t.Fatal(err)
	}
	foreign := map[string]string{
		"README": "mine", "00000000000000000001.seg.tmp": "x", "cursor.tmp": "y", "1.seg": "z", ".hidden": "",
		nameOfSegment(3, 0): string(segment), // of another spool of the same destination
	}
	for name, text := range foreign {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), fileMode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, nameOfSegment(9, 0)), dirMode); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, dir, testOptions(nil))
	if got := readSeqs(t, s); !slices.Equal(got, without(damageRecords)) {
		t.Errorf("records %v are read", got)
	}
	if st := s.Stats(); st.Foreign != len(foreign)+1 {
		t.Errorf("%d files are foreign, want %d", st.Foreign, len(foreign)+1)
	}
	if err := errors.Join(s.Release(damageRecords), s.Close()); err != nil {
		t.Fatal(err)
	}
	after := contents(t, dir)
	for name, text := range foreign {
		if got, ok := after[filepath.Join(dir, name)]; !ok || got != text {
			t.Errorf("%s was changed", name)
		}
	}
	if len(after) != len(foreign)+2 { // and the cursor and the lock
		t.Errorf("files are %q", slices.Sorted(maps.Keys(after)))
	}
}

// TestGarbageNamedLikeASegment checks that a name proves nothing: such a file is
// left alone, and does not void records or move the sequences.
func TestGarbageNamedLikeASegment(t *testing.T) {
	for _, name := range []string{nameOfSegment(5, 0), nameOfSegment(1, 3), nameOfSegment(damageRecords+1, 0), "18446744073709551615.seg", "99999999999999999999.seg", "00000000000000000000.seg"} {
		for _, size := range []int{1, 600, 20_000} {
			sim := filled(t, damageRecords, true)
			path := filepath.Join("d", name)
			sim.names[path] = &simNode{data: bytes.Repeat([]byte("garbage "), size/8+1)}
			s := reopened(t, sim)
			appendRecords(t, s, 1)
			if got := readSeqs(t, s); !slices.Equal(got, without(damageRecords+1)) {
				t.Errorf("%s of %d bytes: records %v are read", name, size, got)
			}
			if err := errors.Join(s.Release(damageRecords+1), s.Close()); err != nil {
				t.Error(err)
			}
			if st := s.Stats(); st.Damaged.Records != 0 || st.Foreign != 1 || sim.names[path] == nil {
				t.Errorf("%s of %d bytes: %+v", name, size, st)
			}
			if v := inspected(t, sim); len(viewed(t, v)) != 0 || v.Info().Missing != 0 {
				t.Errorf("%s of %d bytes: %+v", name, size, v.Info())
			}
		}
	}
}

// TestOpenWithoutIdentity takes over what is there, as a tool does that empties
// the spool of a destination that is no longer configured.
func TestOpenWithoutIdentity(t *testing.T) {
	dir := onDisk(t, 5)
	o := testOptions(nil)
	o.Identity, o.Format = "", ""
	s := mustOpen(t, dir, o)
	defer s.Close()
	if s.Identity() != testIdentity || s.Format() != testFormat || len(readSeqs(t, s)) != 5 {
		t.Errorf("it is of %q in format %q", s.Identity(), s.Format())
	}
	appendRecords(t, s, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := mustOpen(t, dir, testOptions(nil)).Close(); err != nil {
		t.Errorf("the destination cannot open it again: %v", err)
	}
}

func TestNoDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, fileMode); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file, testOptions(nil)); !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), "a file, not a directory") {
		t.Errorf("%v", err)
	}
	if _, err := Open(filepath.Join(file, "below"), testOptions(nil)); err == nil {
		t.Error("a directory below a file was opened")
	}
}
