// Package monotime tells the time by a clock that never steps back, under the
// import path of the library that this one succeeds. New code uses package
// time, which has had such a clock since Go 1.9.
package monotime
