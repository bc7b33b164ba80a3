package environment

import "github.com/prometheus/procfs"

func openFiles() (int, bool) {
	self, err := procfs.Self()
	if err != nil {
		return 0, false
	}
	n, err := self.FileDescriptorsLen()
	return n, err == nil
}
