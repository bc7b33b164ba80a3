package environment

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

var getProcessHandleCount = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetProcessHandleCount")

func openFiles() (int, bool) {
	// Call panics where the procedure is missing; Find tells without.
	if getProcessHandleCount.Find() != nil {
		return 0, false
	}
	var count uint32
	ok, _, _ := getProcessHandleCount.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&count)))
	return int(count), ok != 0
}
