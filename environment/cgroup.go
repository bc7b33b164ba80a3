package environment

import "monkit.example/monkit"

var cgroupSource = &source{cgroupStats}

// Cgroup tells what the control group of the process, which is its container
// or service, uses and may use. It knows version 2 of control groups only, and
// looks for the group of the process once.
func Cgroup() monkit.StatSource { return cgroupSource }
