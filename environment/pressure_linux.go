package environment

import (
	"bytes"

	"monkit.example/monkit"
)

func init() { pressureSource.stats = pressureStats }

// A pressureFile is a file of pressure stall information, which has the lines
// "some avg10=0.12 avg60=0.34 avg300=0.56 total=789" and "full …".
type pressureFile struct {
	name       string
	some, full monkit.SeriesKey
}

func newPressureFile(measurement, resource, name string) pressureFile {
	key := monkit.NewSeriesKey(measurement).WithTag("resource", resource)
	return pressureFile{name, key.WithTag("kind", "some"), key.WithTag("kind", "full")}
}

// pressureFiles returns the files of all resources in dir. Their names are the
// resource and suffix.
func pressureFiles(measurement, dir, suffix string) (files []pressureFile) {
	for _, resource := range []string{"cpu", "io", "irq", "memory"} {
		files = append(files, newPressureFile(measurement, resource, dir+"/"+resource+suffix))
	}
	return files
}

var systemPressure = pressureFiles("pressure", "/proc/pressure", "")

func pressureStats(cb emit) { emitPressures(systemPressure, cb) }

func emitPressures(files []pressureFile, cb emit) {
	var p page
	for i := range files {
		files[i].emit(p.read(files[i].name), cb)
	}
}

func (f *pressureFile) emit(text []byte, cb emit) {
	for len(text) > 0 {
		var line []byte
		line, text = nextLine(text)
		kind, line := nextWord(line)
		switch string(kind) {
		case "some":
			emitPressure(f.some, line, cb)
		case "full":
			emitPressure(f.full, line, cb)
		}
	}
}

func emitPressure(key monkit.SeriesKey, line []byte, cb emit) {
	for len(line) > 0 {
		var word []byte
		word, line = nextWord(line)
		name, text, _ := bytes.Cut(word, []byte("="))
		val, ok := decimal(text)
		if !ok {
			continue
		}
		switch string(name) {
		case "avg10":
			cb(key, "avg10", val)
		case "avg60":
			cb(key, "avg60", val)
		case "avg300":
			cb(key, "avg300", val)
		case "total":
			cb(key, "total", val/microseconds)
		}
	}
}
