package spools

import (
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"monkit.example/internal/spool"
)

func TestFindTakesEachDirectoryOfARelay(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a", "b"} {
		s := openSpool(t, filepath.Join(root, name, spoolFolder))
		fill(t, s, 1)
		closeSpool(t, s)
	}
	book := filepath.Join(root, "a", bookFile)
	write(t, book, nil)
	write(t, filepath.Join(root, "notes"), []byte("not a directory"))
	if err := os.Mkdir(filepath.Join(root, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	a, b := filepath.Join(root, "a", spoolFolder), filepath.Join(root, "b", spoolFolder)
	for _, tt := range []struct {
		name, dir string
		want      []Place
	}{
		{"all", root, []Place{{Dir: a, Book: book}, {Dir: b}}},
		{"a destination", filepath.Join(root, "a"), []Place{{Dir: a, Book: book}}},
		{"a spool", b, []Place{{Dir: b}}},
		{"a trailing slash", a + string(filepath.Separator), []Place{{Dir: a, Book: book}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Find(tt.dir)
			if err != nil || len(got) != len(tt.want) {
				t.Fatalf("found %v, %v", got, err)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("found %+v, want %+v", got[i], tt.want[i])
				}
			}
		})
	}
}

// TestSpoolsAreFoundByTheirContent has what is damaged, and what only looks like a
// spool.
func TestSpoolsAreFoundByTheirContent(t *testing.T) {
	damageHeaders := func(t *testing.T, p Place) {
		for _, path := range segments(t, p) {
			flip(t, path, 20)
		}
	}
	removeCursor := func(t *testing.T, p Place) {
		if err := os.Remove(filepath.Join(p.Dir, "cursor")); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name    string
		records int
		change  func(t *testing.T, p Place)
		want    bool
	}{
		{"a spool", 20, func(*testing.T, Place) {}, true},
		{"no records", 0, func(*testing.T, Place) {}, true},
		{"headers damaged", 20, damageHeaders, true},
		{"no cursor", 20, removeCursor, true},
		{"headers damaged and no cursor", 20, func(t *testing.T, p Place) { damageHeaders(t, p); removeCursor(t, p) }, true},
		{"another folder name", 20, func(t *testing.T, p Place) {
			if err := os.Rename(p.Dir, filepath.Join(filepath.Dir(p.Dir), "renamed")); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"names alone", 0, func(t *testing.T, p Place) {
			write(t, filepath.Join(p.Dir, "cursor"), make([]byte, 8192))
			write(t, filepath.Join(p.Dir, "00000000000000000001.seg"), []byte("something else"))
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := filled(t, tt.records)
			tt.change(t, p)
			if got, err := Find(filepath.Dir(p.Dir)); (err == nil) != tt.want || tt.want && len(got) != 1 {
				t.Errorf("found %v, %v", got, err)
			}
		})
	}
}

func TestFindErrorsSayWhatToWrite(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write(t, file, nil)
	for _, tt := range []struct{ name, dir, want string }{
		{"missing", filepath.Join(dir, "none"), "there is no such directory; write that of the relay's flag -spool"},
		{"a file", file, "it is no directory; write the directory that it is in"},
		{"no spool", dir, "there is no spool in it, nor up to 2 levels below it"},
	} {
		if _, err := Find(tt.dir); err == nil || !strings.Contains(err.Error(), tt.dir+": "+tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestFindShowsWhatItCannotRead(t *testing.T) {
	if os.Geteuid() <= 0 {
		t.Skip("permissions do not bind the superuser, and other systems have others")
	}
	p := filled(t, 3)
	if err := os.Chmod(p.Dir, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(p.Dir, 0o700)
	got, err := Find(filepath.Dir(p.Dir))
	if err != nil || len(got) != 1 || !errors.Is(got[0].Err, fs.ErrPermission) || !strings.Contains(got[0].Err.Error(), "as the user of the process") {
		t.Errorf("found %v, %v", got, err)
	}
}

// newerVersion makes the segments at p those of a newer version of the format.
func newerVersion(t *testing.T, p Place) {
	t.Helper()
	for _, path := range segments(t, p) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b[8] = 99
		sum := crc32.Checksum(b[:segmentHeader-4], crc32.MakeTable(crc32.Castagnoli))
		for i := range 4 {
			b[segmentHeader-4+i] = byte(sum >> (8 * i))
		}
		write(t, path, b)
	}
}

func TestNewerVersionIsReportedByEach(t *testing.T) {
	p := filled(t, 3)
	newerVersion(t, p)
	got, err := Find(p.Dir)
	var newer *spool.VersionError
	if err != nil || len(got) != 1 || !errors.As(got[0].Err, &newer) || newer.Version != 99 {
		t.Fatalf("found %v, %v", got, err)
	}
	_, copyErr := Copy(nil, got[0], Limits{})
	_, verifyErr := Verify(got[0])
	_, drainErr := NewDrain(got[0], "", nil)
	for name, err := range map[string]error{"copy": copyErr, "verify": verifyErr, "drain": drainErr, "drain unseen": errOf(NewDrain(p, "", nil))} {
		if !errors.As(err, &newer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s := Summarize(got[0], testTime(1)); !strings.Contains(s.Error, "has version 99 of the format") || s.Locked == nil || *s.Locked {
		t.Errorf("%+v", s)
	}
}

func errOf[T any](_ T, err error) error { return err }
