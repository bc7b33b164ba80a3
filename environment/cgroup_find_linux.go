package environment

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// place is a control group in the file system.
type place struct {
	dir string // of the group
	top string // dir, or the directory above it where what can be seen begins
}

// findCgroup finds the group of the process whose files are in proc. Inside a
// container it is often the top itself.
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

// cgroupPath is the group by the line of proc_pid_cgroup(5) that is for version
// 2, "0::/path".
func cgroupPath(text string) (string, bool) {
	for line := range strings.Lines(text) {
		if path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::"); ok {
			// A path that leads up is of a process outside of what can be seen here.
			up := slices.Contains(strings.Split(path, "/"), "..")
			return path, strings.HasPrefix(path, "/") && !up
		}
	}
	return "", false
}

// cgroupMount is which group is mounted where, by a line of proc_pid_mountinfo(5):
//
//	36 35 98:0 /root /where rw,noatime optional … - cgroup2 source options
func cgroupMount(line string) (root, where string, ok bool) {
	words := strings.Fields(line)
	dash := slices.Index(words, "-")
	if dash < 6 || dash+1 == len(words) || words[dash+1] != "cgroup2" {
		return "", "", false
	}
	return unescape(words[3]), unescape(words[4]), true
}

// within is path as seen from root, if it is there.
func within(root, path string) (string, bool) {
	below, ok := strings.CutPrefix(path, strings.TrimSuffix(root, "/"))
	return below, ok && (below == "" || below[0] == '/')
}

// unescape undoes the \ooo that mountinfo has for blanks and backslashes.
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

// A machine with ten thousand mounts has less than this in mountinfo.
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
