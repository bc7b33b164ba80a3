// Package browser tests the pages of present and of the demo in a real
// browser: Debian's chromium, which the tests start without a window. Run them
// with
//
//	go test ./...
//
// Without a browser the tests are skipped, except if CI=true. The checks of
// accessibility need axe-core, which .ci/servers puts into .cache.
//
// It is a module of its own, so that its dependencies do not reach users.
package browser
