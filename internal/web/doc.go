// Package web is what the pages that a program of this project serves of
// itself have in common. Bind with [Listen], serve with [Serve], and put
// [OnlyLocal] before pages that are for the machine they run on. [Write]
// fills a template whose page may load what [Assets] serves: a stylesheet,
// and a script that takes the element with the id "live" anew every second.
package web
