package present

// Paths are those of every view.
func Paths() (paths []string) {
	for _, p := range pages[:len(pages)-1] { // the last has files, not views
		paths = append(paths, "/"+p.name)
		for _, v := range p.views {
			if p.name != "" {
				paths = append(paths, "/"+p.name+"/"+v.name)
			}
		}
	}
	return paths
}

// MaxRows is how many rows an HTML page shows.
const MaxRows = maxRows

var (
	ShortDuration = shortDuration
	ShortNumber   = shortNumber
)
