package send

// Plan 9 tells what is wrong in words alone, which nothing is built on here:
// whoever does not know what an error means tries again.

func isReset(error) bool   { return false }
func isRefused(error) bool { return false }
func isTooLong(error) bool { return false }
func isStale(error) bool   { return false }
