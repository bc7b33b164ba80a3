package environment

import (
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"monkit.example/monkit"
)

func TestLinuxSetsTheStatsOfEverySource(t *testing.T) {
	for i, s := range sources() {
		if s.(*source).stats == nil {
			t.Errorf("source %d of sources() has no stats", i)
		}
	}
}

// The checksum must be that of the program that runs, also after an update
// replaced its file. The test starts a copy of itself, which replaces its file.
func TestChecksumIsThatOfTheReplacedExecutable(t *testing.T) {
	if want := os.Getenv("ENVIRONMENT_TEST_CRC"); want != "" {
		replaceOwnFile(t)
		if got := monkit.Collect(Process())["process crc"]; strconv.FormatFloat(got, 'f', -1, 64) != want {
			t.Errorf("crc is %v, want %v", got, want)
		}
		return
	}
	name, err := os.Executable()
	if err != nil {
		t.Skip("the path of the executable is unknown:", err)
	}
	program, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(copied, program, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(copied, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "ENVIRONMENT_TEST_CRC="+strconv.FormatUint(uint64(crc32.ChecksumIEEE(program)), 10))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

func replaceOwnFile(t *testing.T) {
	t.Helper()
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+".new", []byte("another program"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}
