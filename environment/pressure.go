package environment

import "monkit.example/monkit"

var pressureSource = &source{pressureStats}

// Pressure tells for how long the work of the whole machine waited for
// processors, memory and disks. For the process's own container see Cgroup.
func Pressure() monkit.StatSource { return pressureSource }
