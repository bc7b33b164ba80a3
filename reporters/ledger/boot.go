package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"runtime"
)

// bootFile has an id that Linux makes at each start. Other systems have none.
const bootFile = "/proc/sys/kernel/random/boot_id"

// bootNumber returns a number that differs between starts of the machine, or 0
// if there is none.
func bootNumber() int64 {
	if runtime.GOOS != "linux" {
		return 0
	}
	id, err := os.ReadFile(bootFile)
	if err != nil {
		return 0
	}
	return numberOfBoot(id)
}

func numberOfBoot(id []byte) int64 {
	id = bytes.TrimSpace(id)
	if len(id) == 0 {
		return 0
	}
	sum := sha256.Sum256(id)
	return int64(binary.LittleEndian.Uint64(sum[:]) | 1)
}
