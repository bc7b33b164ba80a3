package environment

import "syscall"

func init() {
	openFiles = statOpenFiles
	// Unlike the path of the executable, this is the file that runs even after
	// another took its place on disk.
	executablePath = func() (string, error) { return "/proc/self/exe", nil }
}

// statOpenFiles returns the size of the directory of open files, which since
// Linux 6.2 is how many there are. On older kernels it lists them.
func statOpenFiles() (int, bool) {
	var info syscall.Stat_t
	if syscall.Stat("/proc/self/fd", &info) == nil && info.Size > 0 {
		return int(info.Size), true
	}
	return listOpenFiles()
}
