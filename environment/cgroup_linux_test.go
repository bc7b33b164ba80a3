package environment

import (
	"maps"
	"strings"
	"testing"

	"monkit.example/monkit"
)

// mounted returns a line of mountinfo.
func mounted(root, dir, kind string) string {
	return "41 31 0:38 " + root + " " + dir + " rw,relatime shared:9 - " + kind + " cgroup2 rw,nsdelegate\n"
}

func TestCgroupIsFoundThroughItsMount(t *testing.T) {
	const v1 = "9:name=systemd:/\n1:cpu,cpuacct:/other\n"
	tmpfs := mounted("/", "/sys/fs/cgroup", "tmpfs")
	for _, tt := range []struct {
		name              string
		cgroup, mountinfo string
		want              place // zero if it is not found
	}{
		{"a service", "0::/system.slice/x.service\n", tmpfs + mounted("/", "/sys/fs/cgroup", "cgroup2"),
			place{"/sys/fs/cgroup/system.slice/x.service", "/sys/fs/cgroup"}},
		{"a container that sees itself as the top", "0::/\n", mounted("/", "/sys/fs/cgroup", "cgroup2"), place{"/sys/fs/cgroup", "/sys/fs/cgroup"}},
		{"a container that sees its path on the host", "0::/docker/1a\n", mounted("/docker/1a", "/sys/fs/cgroup", "cgroup2"),
			place{"/sys/fs/cgroup", "/sys/fs/cgroup"}},
		{"a group below the mounted one", "0::/docker/1a/job", mounted("/docker/1a", "/sys/fs/cgroup", "cgroup2"),
			place{"/sys/fs/cgroup/job", "/sys/fs/cgroup"}},
		{"version 1 is mounted, too", v1 + "0::/a\n", mounted("/", "/sys/fs/cgroup/unified", "cgroup2"),
			place{"/sys/fs/cgroup/unified/a", "/sys/fs/cgroup/unified"}},
		{"the mount that contains the group", "0::/b/c\n", mounted("/bb", "/one", "cgroup2") + mounted("/b", "/two", "cgroup2"), place{"/two/c", "/two"}},
		{"blanks in names", "0::/a b\n", mounted("/", `/my\040groups\134`, "cgroup2"), place{`/my groups\/a b`, `/my groups\`}},
		{"version 1 only", v1, mounted("/", "/sys/fs/cgroup", "cgroup"), place{}},
		{"only another group is mounted", "0::/docker/2b\n", mounted("/docker/1a", "/sys/fs/cgroup", "cgroup2"), place{}},
		{"a group outside of the visible ones", "0::/../../other\n", mounted("/", "/sys/fs/cgroup", "cgroup2"), place{}},
		{"dots inside a name are no way up", "0::/a..b\n", mounted("/", "/g", "cgroup2"), place{"/g/a..b", "/g"}},
		{"no path", "0::\n", mounted("/", "/sys/fs/cgroup", "cgroup2"), place{}},
		{"not mounted", "0::/\n", tmpfs, place{}},
		{"malformed lines", "0::/\n", " - \n- cgroup2\n1 2 3 4 5 6 -\n\n- - - - - - cgroup2", place{}},
		{"empty", "", "", place{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := findCgroup(tree(t, map[string]string{"cgroup": tt.cgroup, "mountinfo": tt.mountinfo}))
			if got != tt.want || ok != (tt.want != place{}) {
				t.Errorf("got %+v, %v; want %+v", got, ok, tt.want)
			}
		})
	}
}

func TestCgroupIsNotFoundWithoutProc(t *testing.T) {
	if got, ok := findCgroup(t.TempDir()); ok {
		t.Errorf("found %+v without /proc", got)
	}
}

var wholeGroup = map[string]string{
	"a/b/cpu.stat": "usage_usec 5000000\nuser_usec 3000000\nsystem_usec 2000000\nnice_usec 0\ncore_sched.force_idle_usec 0\n" +
		"nr_periods 40\nnr_throttled 7\nthrottled_usec 250000\nnr_bursts 0\nburst_usec 0\n",
	"a/b/cpu.max":             "150000 100000\n",
	"a/cpu.max":               "50000 100000\n",
	"a/b/memory.current":      "1000\n",
	"a/b/memory.peak":         "2000\n",
	"a/b/memory.high":         "max\n",
	"a/b/memory.max":          "max\n",
	"a/memory.max":            "4096\n",
	"memory.max":              "8192\n",
	"a/b/memory.swap.current": "3\n",
	"a/b/memory.swap.max":     "max\n",
	"a/b/memory.stat":         "anon 100\nfile 300\nkernel 30\nsock 4\nshmem 5\nslab 20\ninactive_anon 9\ninactive_file 200\n",
	"a/b/memory.events":       "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\nsock_throttled 6\n",
	"a/b/pids.current":        "12\n",
	"a/b/pids.max":            "100\n",
	"a/b/cpu.pressure":        someCPU,
	"a/b/io.stat":             "8:16 rbytes=100 wbytes=20 rios=3 wios=4 dbytes=0 dios=0\n8:0 rbytes=1 wbytes=2 rios=1 wios=1 cost.vrate=99.5\n",
}

var wholeGroupSamples = map[string]float64{
	"cgroup_cpu limit": 0.5, "cgroup_cpu_seconds,mode=user total": 3, "cgroup_cpu_seconds,mode=system total": 2, "cgroup_cpu_periods total": 40,
	"cgroup_cpu_throttled_periods total": 7, "cgroup_cpu_throttled_seconds total": 0.25,
	"cgroup_memory_bytes used": 1000, "cgroup_memory_bytes peak": 2000, "cgroup_memory_bytes swap": 3, "cgroup_memory_bytes limit": 4096,
	"cgroup_memory_bytes anon": 100, "cgroup_memory_bytes file": 300, "cgroup_memory_bytes kernel": 30, "cgroup_memory_bytes slab": 20, "cgroup_memory_bytes sock": 4,
	"cgroup_memory_bytes shmem": 5, "cgroup_memory_bytes working_set": 800,
	"cgroup_memory_events,event=low total": 0, "cgroup_memory_events,event=high total": 1, "cgroup_memory_events,event=max total": 2,
	"cgroup_memory_events,event=oom total": 3, "cgroup_memory_events,event=oom_kill total": 4,
	"cgroup_memory_events,event=oom_group_kill total": 5,
	"cgroup_io_bytes,op=read total":                   101, "cgroup_io_operations,op=read total": 4, "cgroup_io_bytes,op=write total": 22, "cgroup_io_operations,op=write total": 5,
	"cgroup_io_bytes,op=discard total": 0, "cgroup_io_operations,op=discard total": 0,
	"cgroup_pids used": 12, "cgroup_pids limit": 100,
	"cgroup_pressure,kind=some,resource=cpu avg10": 42.32, "cgroup_pressure,kind=some,resource=cpu avg60": 35.53,
	"cgroup_pressure,kind=some,resource=cpu avg300": 22.15, "cgroup_pressure,kind=some,resource=cpu total": 1.5,
}

func TestCgroupFilesBecomeSamples(t *testing.T) {
	top := tree(t, wholeGroup)
	wantSamples(t, collect(newCgroup(place{top + "/a/b", top}).stats), wholeGroupSamples)
}

// An encoder writes adjacent samples of one series as one line.
func TestCgroupSamplesOfASeriesAreAdjacent(t *testing.T) {
	top := tree(t, wholeGroup)
	seen, last := map[string]bool{}, ""
	newCgroup(place{top + "/a/b", top}).stats(func(key monkit.SeriesKey, field string, _ float64) {
		if name := key.String(); name != last {
			if seen[name] {
				t.Errorf("%s %s is emitted after another series began", name, field)
			}
			seen[name], last = true, name
		}
	})
}

// A file that is missing or malformed costs only its own series.
func TestBadCgroupFileCostsOnlyItsOwnSeries(t *testing.T) {
	for _, tt := range []struct{ file, missing string }{
		{"a/b/cpu.stat", "cgroup_cpu_"},
		{"a/b/memory.events", "cgroup_memory_events"},
		{"a/b/memory.peak", "cgroup_memory_bytes peak"},
		{"a/b/pids.current", "cgroup_pids used"},
		{"a/b/cpu.pressure", "cgroup_pressure"},
		{"a/b/io.stat", "cgroup_io"},
		{"a/b/cpu.max", "none, since the group above has a lower limit"},
	} {
		for name, text := range map[string]string{"missing": "", "empty": "", "malformed": "\x00\xff max 1 2 3\n=\n", "endless": strings.Repeat("9", 10_000)} {
			t.Run(tt.file+" "+name, func(t *testing.T) {
				files := maps.Clone(wholeGroup)
				if delete(files, tt.file); name != "missing" {
					files[tt.file] = text
				}
				want := maps.Clone(wholeGroupSamples)
				maps.DeleteFunc(want, func(series string, _ float64) bool { return strings.HasPrefix(series, tt.missing) })
				top := tree(t, files)
				wantSamples(t, collect(newCgroup(place{top + "/a/b", top}).stats), want)
			})
		}
	}
}

func TestDeletedCgroupEmitsNothing(t *testing.T) {
	dir := t.TempDir() + "/deleted"
	wantSamples(t, collect(newCgroup(place{dir, dir}).stats), nil)
}

func TestWorkingSetIsNeverNegative(t *testing.T) {
	dir := tree(t, map[string]string{"memory.current": "100", "memory.stat": "inactive_file 200"})
	wantSamples(t, collect(newCgroup(place{dir, dir}).stats), map[string]float64{"cgroup_memory_bytes used": 100, "cgroup_memory_bytes working_set": 0})
}

func TestGroupsReadForLimitsAreBounded(t *testing.T) {
	p := place{"/top" + strings.Repeat("/x", 100), "/top"}
	if got := p.upwards("cpu.max"); len(got) != maxDepth {
		t.Errorf("%d files, want %d", len(got), maxDepth)
	}
}
