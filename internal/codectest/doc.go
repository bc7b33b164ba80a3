// Package codectest is the conformance suite of the codecs. It checks what every
// [reporters.Codec] must do, whatever its format. The tests of a codec call [Run],
// and its fuzz test [CheckDecode].
package codectest
