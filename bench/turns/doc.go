// Package turns compares two ways to do the same work. They run in turn, equally
// often, so that other load of the machine slows both; the median of the ratios
// counts. It serves the benchmarks of this module.
package turns
