package shape

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"monkit.example/monkit"
)

// maxName bounds names that are made by renaming. It is as long as the name of a
// series of package monkit may be.
const maxName = 4096

// view is a point on its way through the steps, before it has a value.
type view struct {
	measurement string
	tags        []monkit.SeriesTag // sorted by key
	field       string
	member      bool // it is a member of a set, which has no field

	misnamed bool // a name is empty or too long
	delta    bool // counters are reported as deltas
}

// tag returns the value of key, or "" if there is none.
func (v *view) tag(key string) string {
	for i := range v.tags {
		if v.tags[i].Key == key {
			return v.tags[i].Val
		}
	}
	return ""
}

func (v *view) setTag(key, value string) {
	v.removeTags(func(tag monkit.SeriesTag) bool { return tag.Key == key })
	i, _ := slices.BinarySearchFunc(v.tags, key, func(tag monkit.SeriesTag, key string) int { return strings.Compare(tag.Key, key) })
	v.tags = slices.Insert(v.tags, i, monkit.NewSeriesTag(key, value))
}

func (v *view) removeTags(remove func(monkit.SeriesTag) bool) {
	v.tags = slices.DeleteFunc(v.tags, remove)
}

// rename replaces *name by t if re matches it.
func (v *view) rename(name *string, re *regexp.Regexp, t template) {
	if match := re.FindStringSubmatchIndex(*name); match != nil {
		v.setName(name, t.expand(*name, match))
	}
}

func (v *view) setName(name *string, text string) {
	v.misnamed = v.misnamed || text == "" || len(text) > maxName
	*name = text
}

// chain is the steps of a reporter.
type chain struct {
	steps  []Step
	merges bool // a step may give two series one name
	only   bool // a step denies what it does not name
}

// newChain returns an error that joins those of all steps.
func newChain(steps []Step) (c chain, err error) {
	var errs []error
	c.steps = slices.Clone(steps)
	for _, s := range steps {
		if s.err == nil && s.apply == nil {
			s.err = errors.New("a step is not made by a function of this package, such as Allow")
		}
		errs = append(errs, s.err)
		c.merges = c.merges || s.merges
		c.only = c.only || s.only
	}
	return c, errors.Join(errs...)
}

// apply passes v through the steps and reports whether all allow it. A point
// that is misnamed by one step is not shown to the next.
func (c *chain) apply(v *view) (allowed bool) {
	for i := range c.steps {
		if !c.steps[i].apply(v) {
			return false
		}
		if v.misnamed {
			return true
		}
	}
	return true
}
