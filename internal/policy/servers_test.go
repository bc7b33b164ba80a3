package policy

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A checkout is a folder in which .ci/servers runs, with commands that install
// nothing: they write files of the test.
type checkout struct {
	dir, commands string
}

// newCheckout returns a checkout whose .ci/servers pins the SHA-256 of script.
func newCheckout(t *testing.T, script string) checkout {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
	c := checkout{t.TempDir(), t.TempDir()}
	const digest = `(?m)^axe_sha256=[0-9a-f]{64}$`
	text := read(t, ".ci/servers")
	if !regexp.MustCompile(digest).MatchString(text) {
		t.Fatal(".ci/servers does not pin axe-core")
	}
	text = regexp.MustCompile(digest).ReplaceAllString(text, fmt.Sprintf("axe_sha256=%x", sha256.Sum256([]byte(script))))
	if err := os.Mkdir(c.path(".ci"), 0o755); err != nil {
		t.Fatal(err)
	}
	c.write(t, c.path(".ci/servers"), text)
	for _, server := range regexp.MustCompile(`(?m)^\t([\w-]+):[\w-]+$`).FindAllStringSubmatch(text, -1) {
		c.write(t, filepath.Join(c.commands, server[1]), "#!/bin/sh\n")
	}
	c.write(t, filepath.Join(c.commands, "apt-get"), "#!/bin/sh\nexit 1\n")
	c.write(t, filepath.Join(c.commands, "go"), `#!/bin/sh
case $1 in
env) echo sh ;;
install) cp "$0" "$GOBIN/statsd_exporter" ;;
esac
`)
	c.write(t, filepath.Join(c.commands, "npm"), `#!/bin/bash
for package; do :; done
cp "${0%/*}/package.tgz" ".cache/${package/@/-}.tgz"
`)
	return c
}

func (c checkout) path(name string) string { return filepath.Join(c.dir, filepath.FromSlash(name)) }

func (c checkout) write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// nodeDigest is the pinned SHA-256 of a package that runs with node.
var nodeDigest = regexp.MustCompile(`(?m)^(\t"[\w-]+@[\d.]+) [0-9a-f]{64}"$`)

// pin makes the package in the registry the one that .ci/servers pins for node.
func (c checkout) pin(t *testing.T) {
	t.Helper()
	published, err := os.ReadFile(filepath.Join(c.commands, "package.tgz"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(c.path(".ci/servers"))
	if err != nil || !nodeDigest.Match(text) {
		t.Fatalf(".ci/servers pins no package for node: %v", err)
	}
	c.write(t, c.path(".ci/servers"), nodeDigest.ReplaceAllString(string(text), fmt.Sprintf(`$1 %x"`, sha256.Sum256(published))))
}

// publish makes script that of the package in the registry.
func (c checkout) publish(t *testing.T, script string) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	w.WriteHeader(&tar.Header{Name: "package/axe.min.js", Mode: 0o644, Size: int64(len(script))})
	w.Write([]byte(script)) // to memory
	w.Close()
	z.Close()
	c.write(t, filepath.Join(c.commands, "package.tgz"), b.String())
}

// run runs .ci/servers as CI does.
func (c checkout) run() (output string, err error) {
	cmd := exec.Command("bash", c.path(".ci/servers"))
	cmd.Env = append(os.Environ(), "CI=true", "PATH="+c.commands+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (c checkout) wantInstalled(t *testing.T, state, script string) {
	t.Helper()
	if out, err := c.run(); err != nil {
		t.Fatalf("%s: %v\n%s", state, err, out)
	}
	if got, err := os.ReadFile(c.path(".cache/axe.js")); string(got) != script {
		t.Errorf("%s: the script is %q, %v", state, got, err)
	}
	for _, file := range []string{"bin/statsd_exporter", "node-statsd/axe.min.js", "node-hot-shots/axe.min.js"} {
		if _, err := os.Stat(c.path(".cache/" + file)); err != nil {
			t.Errorf("%s: %v", state, err)
		}
	}
}

func TestServersRepairsWhatAnEarlierRunLeft(t *testing.T) {
	const script = "the script"
	c := newCheckout(t, script)
	c.publish(t, script)
	c.pin(t)
	c.wantInstalled(t, "nothing", script)
	for _, link := range []string{".cache/axe.js", ".cache/bin/statsd_exporter", ".cache/node-statsd"} {
		if err := os.Remove(c.path(link)); err != nil {
			t.Fatal(err)
		}
	}
	c.wantInstalled(t, "no links", script)
	files, err := filepath.Glob(c.path(".cache/axe-*.js"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	c.write(t, files[0], "another script")
	c.wantInstalled(t, "another script in the cache", script)
}

func TestServersInstallsNoScriptButThePinnedOne(t *testing.T) {
	c := newCheckout(t, "the script")
	for _, published := range []string{"another script", ""} {
		c.publish(t, published)
		if out, err := c.run(); err == nil || !strings.Contains(out, "SHA-256") {
			t.Errorf("%q: %v\n%s", published, err, out)
		}
		if files, err := filepath.Glob(c.path(".cache/axe*")); err != nil || len(files) > 0 {
			t.Errorf("%q: there are %v, %v", published, files, err)
		}
	}
	c.write(t, filepath.Join(c.commands, "package.tgz"), "no archive")
	if out, err := c.run(); err == nil || !strings.Contains(out, "SHA-256") {
		t.Errorf("no archive: %v\n%s", err, out)
	}
}

func TestServersInstallsNoNodePackageButThePinnedOne(t *testing.T) {
	const script = "the script"
	c := newCheckout(t, script)
	c.publish(t, script) // an archive that is not pinned, with the pinned script for browsers
	if out, err := c.run(); err == nil || !strings.Contains(out, "statsd@0.9.0 from npm has not the SHA-256") {
		t.Errorf("%v\n%s", err, out)
	}
	if files, err := filepath.Glob(c.path(".cache/node-*")); err != nil || len(files) > 0 {
		t.Errorf("there are %v, %v", files, err)
	}
}
