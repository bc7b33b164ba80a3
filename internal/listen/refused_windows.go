package listen

import (
	"errors"

	"golang.org/x/sys/windows"
)

// refused tells whether err says that nobody listens.
func refused(err error) bool { return errors.Is(err, windows.WSAECONNREFUSED) }
