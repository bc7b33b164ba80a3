// Package codectest is the conformance suite of the codecs: what every
// [reporters.Codec] promises, whatever its format. A codec's tests call [Run],
// and its fuzz target [CheckDecode].
package codectest
