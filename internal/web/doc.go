// Package web serves the pages of the relay and the demo. Bind an address with
// [Listen] and serve a handler on it with webpage.Serve. Wrap pages that are for
// local users in [OnlyLocal]. [Write] executes a template, whose page may load
// what [Assets] serves: a stylesheet, and a script that keeps the element
// with the id "live" up to date, shows whether it is, and has a button that
// pauses it.
package web
