// Package push is the last step of every reporter's constructor: from an
// endpoint and a codec to a running [reporters.Pusher]. A format calls [New]
// for an address a user wrote, and [Open] where an error can be returned.
package push
