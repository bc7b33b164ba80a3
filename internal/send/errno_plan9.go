package send

// The errors of Plan 9 are text only, and nothing here depends on that. An
// error that is none of these means that the payload is sent again.

func isRefused(error) bool    { return false }
func isTooLong(error) bool    { return false }
func isBrokenPipe(error) bool { return false }
func isNoBuffer(error) bool   { return false }
func isStale(error) bool      { return false }
