package environment

import (
	"hash/crc32"
	"io"
	"os"
	"sync"
	"time"

	"monkit.example/monkit"
)

var (
	processKey    = monkit.NewSeriesKey("process")
	processSource = &source{stats: processStats}

	// startTime is a little after the start of the process, and has a monotonic
	// reading that no change of the clock can turn back.
	startTime = time.Now()

	// executableCRC reads the executable once; it does not change while it runs.
	executableCRC = sync.OnceValues(func() (uint32, error) { return fileCRC(executablePath) })
)

// Process tells that the process is there, which executable it runs and for
// how long it has run.
func Process() monkit.StatSource { return processSource }

func processStats(cb emit) {
	cb(processKey, "control", 1)
	if crc, err := executableCRC(); err == nil {
		cb(processKey, "crc", float64(crc))
	}
	cb(processKey, "uptime", time.Since(startTime).Seconds())
}

// fileCRC returns the CRC-32 (IEEE) of the file that path finds.
func fileCRC(path func() (string, error)) (uint32, error) {
	name, err := path()
	if err != nil {
		return 0, err
	}
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, file); err != nil {
		return 0, err
	}
	return sum.Sum32(), nil
}
