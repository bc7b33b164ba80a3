package monkit

// ErrorName returns the name that err is counted under.
func ErrorName(err error) string {
	name, _ := errorName(err)
	return name
}

// RemoteParent returns the id that RemoteTrace was told of the span in another
// process that called this one. It is false for spans that began otherwise.
func (s *Span) RemoteParent() (id int64, ok bool) {
	if more := s.more.Load(); more != nil {
		return more.remoteID, more.hasRemote
	}
	return 0, false
}

// Parent returns the span that called this one, which may have ended. It is
// nil if none in this process did.
func (s *Span) Parent() *Span { return s.parent }
