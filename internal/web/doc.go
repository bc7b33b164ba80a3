// Package web serves the pages of the relay and the demo. Bind an address with
// [Listen] and serve a handler on it with webpage.Serve. Wrap pages that are for
// local users in [OnlyLocal]. [Write] executes a template, whose page may load
// what [Assets] serves: a stylesheet, and a script that replaces the element
// with the id "live" every second.
package web
