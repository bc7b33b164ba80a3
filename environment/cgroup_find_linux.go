package environment

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A place is where the file system shows a control group.
type place struct {
	dir string // the directory of the group
	top string // the topmost group that is visible: dir itself or a directory above it
}

// findCgroup finds the control group of the process whose directory in /proc is
// proc. In a container, the group is often the topmost visible one.
func findCgroup(proc string) (place, bool) {
	path, ok := cgroupPath(readText(proc + "/cgroup"))
	if !ok {
		return place{}, false
	}
	for line := range strings.Lines(readText(proc + "/mountinfo")) {
		root, top, ok := cgroupMount(line)
		if !ok {
			continue
		}
		if below, ok := within(root, path); ok {
			return place{dir: filepath.Join(top, below), top: filepath.Clean(top)}, true
		}
	}
	return place{}, false
}

// cgroupPath returns the path in the line of proc_pid_cgroup(5) for version 2 of
// control groups, "0::/path".
func cgroupPath(text string) (string, bool) {
	for line := range strings.Lines(text) {
		if path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::"); ok {
			// A path that leads up is of a group outside of what is visible here.
			up := slices.Contains(strings.Split(path, "/"), "..")
			return path, strings.HasPrefix(path, "/") && !up
		}
	}
	return "", false
}

// cgroupMount reads a line of proc_pid_mountinfo(5). It returns which group is
// mounted, and in which directory:
//
//	36 35 98:0 /root /dir rw,noatime optional … - cgroup2 source options
func cgroupMount(line string) (root, dir string, ok bool) {
	words := strings.Fields(line)
	dash := slices.Index(words, "-")
	if dash < 6 || dash+1 == len(words) || words[dash+1] != "cgroup2" {
		return "", "", false
	}
	return unescape(words[3]), unescape(words[4]), true
}

// within returns path relative to root, if it is root or below it.
func within(root, path string) (string, bool) {
	below, ok := strings.CutPrefix(path, strings.TrimSuffix(root, "/"))
	return below, ok && (below == "" || below[0] == '/')
}

// unescape replaces \ooo, which mountinfo has for blanks and backslashes, by the
// character.
func unescape(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+4 <= len(text) {
			if c, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// mountinfo of a machine with ten thousand mounts is shorter than this.
const maxText = 4 << 20

func readText(name string) string {
	file, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxText))
	if err != nil {
		return ""
	}
	return string(text)
}
