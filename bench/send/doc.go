// Package send measures what a payload costs on its way through a Sender, beside a
// program that writes the same bytes to the same sink and keeps, counts and
// repeats nothing. The sink is a process of its own, so that what it uses does not
// count. The package has only benchmarks and tests; run them with
//
//	make bench
package send
