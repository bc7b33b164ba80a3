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

	// startTime is shortly after the start of the process. It has a monotonic
	// clock reading, so that the uptime does not depend on clock changes.
	startTime = time.Now()

	// executableCRC reads the executable once, since it does not change while
	// it runs.
	executableCRC = sync.OnceValues(func() (uint32, error) { return fileCRC(executablePath) })

	// executablePath returns the name of the file that runs. The init function
	// of a platform may replace it.
	executablePath = os.Executable
)

// Process returns the source of the checksum of the executable and of how long
// the process has run. Its field control is always 1.
func Process() monkit.StatSource { return processSource }

func processStats(cb emit) {
	cb(processKey, "control", 1)
	if crc, err := executableCRC(); err == nil {
		cb(processKey, "crc", float64(crc))
	}
	cb(processKey, "uptime", time.Since(startTime).Seconds())
}

// fileCRC returns the CRC-32 (IEEE) of the file that path names.
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
