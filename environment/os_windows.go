package environment

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

func init() { openFiles = countHandles }

var getProcessHandleCount = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetProcessHandleCount")

func countHandles() (int, bool) {
	// Call panics if the procedure is missing, Find returns an error.
	if getProcessHandleCount.Find() != nil {
		return 0, false
	}
	var count uint32
	ok, _, _ := getProcessHandleCount.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&count)))
	return int(count), ok != 0
}
