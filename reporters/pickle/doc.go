// Package pickle pushes metrics to Carbon in its pickle protocol, and reads that
// protocol as lines. Start with [New]:
//
//	collect.Every(10*time.Second, pickle.New("127.0.0.1:2004"))
//
// The address is [TRANSPORT://]HOST[:PORT] with tcp (the default) or tls, or
// unix:///path. The default port is 2004. Names, numbers and times are those of
// package graphite, whose options are used here: only the bytes on the wire
// differ. Prefer package graphite unless the server takes pickles alone.
//
// # The wire
//
//	frame  = length pickle .              (* length: of pickle, 4 bytes, big endian *)
//	pickle = list of (path, (time, value)) .
//
// Frames are written in protocol 2, with at most 500 points and 512 KiB: Carbon
// closes a connection that sends a frame of more than 1 MiB. A frame that was
// not acknowledged as a whole is sent again as a whole.
//
// Frames are read by [NewReader] in the protocols 0 to 5, as Carbon, its relays
// and their clients write them: integers, floats, strings and bytes, lists and
// tuples, and the memo. A time or value may be a string, as Carbon has it. An
// item that is no point costs itself only. Every opcode that names or makes an
// object of another type is refused, and with it the frame, since a pickle can
// run any function when it is read by a general reader. So is a frame beyond the
// bounds: 1 MiB, 262144 values, 64 bytes of an integer.
package pickle
