package push

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"

	"monkit.example/internal/send"
)

// spool returns where lines wait on disk, or nil if they wait in memory.
func (o Options) spool() (*send.SpoolOptions, error) {
	dir := o.Send.Spool
	if dir == "" || o.AtMostOnce {
		return nil, nil
	}
	if fi, err := os.Stat(dir); err == nil && !fi.IsDir() {
		return nil, fmt.Errorf("the spool %s is no folder; write one, or one that can be made", dir)
	}
	name := o.spoolName()
	return &send.SpoolOptions{Dir: filepath.Join(dir, Folder(name)), Identity: name, Format: o.Format, MaxBytes: o.Send.SpoolBytes}, nil
}

// spoolName returns the name that the files of the destination have.
func (o Options) spoolName() string {
	if o.FormerName == "" || isFolder(filepath.Join(o.Send.Spool, Folder(o.Name))) || !isFolder(filepath.Join(o.Send.Spool, Folder(o.FormerName))) {
		return o.Name
	}
	return o.FormerName
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Folder returns the name of a file or folder for a destination or a listener. It
// is the name of that without the characters that a file system may not have, and
// a hash, since two names may differ in these alone.
func Folder(name string) string {
	h := fnv.New32a()
	h.Write([]byte(name)) // never fails
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+-._", r) {
			return r
		}
		return '_'
	}, name)
	return fmt.Sprintf("%.100s-%08x", safe, h.Sum32())
}
