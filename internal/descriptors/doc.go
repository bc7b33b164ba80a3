// Package descriptors says how many descriptors of files and sockets the process may
// have, and which errors come from a lack of them. Of their number the listeners of
// lines may use half and pages a quarter, so that neither takes those of the other; the
// rest is for destinations and files.
package descriptors
