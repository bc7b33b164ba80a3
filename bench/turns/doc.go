// Package turns compares two ways to do the same work. They run in turn, equally
// often, so that other load of the machine slows both, and the medians are
// compared. It serves the benchmarks of this module.
package turns
