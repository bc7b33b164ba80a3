package policy

import (
	"os/exec"
	"path"
	"path/filepath"
	"testing"
)

func TestModulesAreTidy(t *testing.T) {
	eachFile(t, func(file string) {
		if path.Base(file) != "go.mod" {
			return
		}
		t.Run(path.Dir(file), func(t *testing.T) {
			cmd := exec.Command("go", "mod", "tidy", "-diff")
			cmd.Dir = filepath.Join(root, filepath.FromSlash(path.Dir(file)))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("go mod tidy would change %s (%v):\n%s", file, err, out)
			}
		})
	})
}
