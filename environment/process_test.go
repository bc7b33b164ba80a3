package environment

import (
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"monkit.example/monkit"
)

func TestFileCRCIsTheIEEEOne(t *testing.T) {
	name := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(name, []byte("123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := fileCRC(func() (string, error) { return name, nil })
	// The standard check value of this CRC: the sum of "123456789".
	if err != nil || got != 0xcbf43926 {
		t.Errorf("got %#x, %v; want 0xcbf43926", got, err)
	}
}

func TestFileCRCReturnsErrors(t *testing.T) {
	errNoPath := errors.New("no path")
	for _, tt := range []struct {
		name string
		path func() (string, error)
		want error
	}{
		{"no path", func() (string, error) { return "", errNoPath }, errNoPath},
		{"no file", func() (string, error) { return filepath.Join(t.TempDir(), "missing"), nil }, os.ErrNotExist},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := fileCRC(tt.path); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestProcessEmitsTheChecksumOfItsExecutable(t *testing.T) {
	name, err := os.Executable()
	if err != nil {
		t.Skip("the path of the executable is unknown:", err)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	got := monkit.Collect(Process())
	if want := float64(crc32.ChecksumIEEE(file)); got["process crc"] != want {
		t.Errorf("crc is %v, want %v", got["process crc"], want)
	}
	if got["process control"] != 1 || got["process uptime"] <= 0 {
		t.Errorf("got %v, want control 1 and a positive uptime", got)
	}
}
