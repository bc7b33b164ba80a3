package monkit

import (
	"runtime"
	"strings"
)

// callerPC returns the return address skip frames above the caller of
// callerPC, frames that were inlined counted too.
func callerPC(skip int) uintptr {
	var pcs [1]uintptr
	runtime.Callers(skip+2, pcs[:])
	return pcs[0]
}

// functionAt returns the package path and the name within the package of the
// function that pc, a return address, lies in.
func functionAt(pc uintptr) (pkg, name string) {
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return splitFunction(frame.Function)
}

// splitFunction splits a name as the runtime has it, such as
// "gopkg.in/yaml%2ev2.(*T).M". The runtime escapes dots in the last element of
// the path, so that the first dot there ends the package.
func splitFunction(full string) (pkg, name string) {
	if full == "" {
		return "unknown", "unknown"
	}
	last := strings.LastIndexByte(pathPart(full), '/') + 1
	dot := strings.IndexByte(full[last:], '.')
	if dot < 0 {
		return unescapePath(full), "unknown"
	}
	return unescapePath(full[:last+dot]), full[last+dot+1:]
}

// pathPart cuts type arguments off: they may hold paths of their own.
func pathPart(full string) string {
	if i := strings.IndexByte(full, '['); i >= 0 {
		return full[:i]
	}
	return full
}

// unescapePath undoes the linker's %xx.
func unescapePath(path string) string {
	if !strings.Contains(path, "%") {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			if hi, lo := unhex(path[i+1]), unhex(path[i+2]); hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
