package environment

import "monkit.example/monkit"

// What the machine counted before the program started is nothing that the
// program's first report should add.
var pressureSource = &source{pressureStats, countsUp{"pressure": nil}}

// Pressure tells for how long the work of the whole machine waited for
// processors, memory and disks. For the process's own container see Cgroup.
func Pressure() monkit.StatSource { return pressureSource }
