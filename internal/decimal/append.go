package decimal

import (
	"math/bits"
	"slices"
	"strconv"
)

// Append appends v in the shortest form that reads back as v: without an exponent
// from 1e-6 up to 1e15, and negative zero as 0. The text is that of
// strconv.AppendFloat with the format 'f' or 'g' and the precision -1, but is made
// several times faster for integers and for multiples of a billionth, which all
// durations in seconds are. v must be finite.
func Append(dst []byte, v float64) []byte {
	a, negative := v, v < 0
	if negative {
		a = -v
	}
	if a >= 1e15 {
		return strconv.AppendFloat(dst, v, 'g', -1, 64)
	}
	if n := uint64(a); float64(n) == a {
		return appendUint(appendSign(dst, negative), n)
	}
	n, ok := billionths(a)
	switch {
	case ok && n >= 1e3:
		return appendBillionths(appendSign(dst, negative), n)
	case ok:
		return appendTiny(appendSign(dst, negative), n)
	case a < 1e-6:
		return strconv.AppendFloat(dst, v, 'g', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

// AppendPlain is Append without an exponent for any v, which some receivers
// cannot read.
func AppendPlain(dst []byte, v float64) []byte {
	a, negative := v, v < 0
	if negative {
		a = -v
	}
	if a >= 1e15 {
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	}
	if n := uint64(a); float64(n) == a {
		return appendUint(appendSign(dst, negative), n)
	}
	if n, ok := billionths(a); ok {
		return appendBillionths(appendSign(dst, negative), n)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

func appendSign(dst []byte, negative bool) []byte {
	if negative {
		return append(dst, '-')
	}
	return dst
}

// billionths returns the number of billionths that a is, and reports whether a is
// the float64 nearest to that. Then the digits of the number, without the zeros at
// its end, are the shortest decimal that reads back as a: it has maxDigits digits
// at most, and no two such decimals are the same float64.
func billionths(a float64) (n uint64, ok bool) {
	const billion = 1e9
	if a >= 1e15/billion {
		return 0, false
	}
	n = uint64(a*billion + 0.5)
	return n, float64(n)/billion == a
}

// appendBillionths appends n billionths, which are no integer, without an exponent.
func appendBillionths(dst []byte, n uint64) []byte {
	const places = 9
	whole := n / 1e9
	fraction := uint32(n - whole*1e9)
	dst = append(appendUint(dst, whole), ".000000000"...)
	digits := dst[len(dst)-places:]
	putPair(digits, 7, fraction%100)
	putPair(digits, 5, fraction/100%100)
	putPair(digits, 3, fraction/1e4%100)
	putPair(digits, 1, fraction/1e6%100)
	digits[0] = byte('0' + fraction/1e8)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendTiny appends n billionths with an exponent. n is from 1 to 999.
func appendTiny(dst []byte, n uint64) []byte {
	exponent := byte('9')
	for m := n; m >= 10; m /= 10 {
		exponent--
	}
	for n%10 == 0 {
		n /= 10
	}
	first := len(dst)
	if dst = appendUint(dst, n); len(dst) > first+1 {
		dst = slices.Insert(dst, first+1, '.')
	}
	return append(dst, 'e', '-', '0', exponent)
}

// appendUint appends n, which is below 1e15.
func appendUint(dst []byte, n uint64) []byte {
	if n < 10 {
		return append(dst, byte('0'+n))
	}
	size := lengthOf(n)
	dst = append(dst, "000000000000000"[:size]...)
	digits := dst[len(dst)-size:]
	for n >= 100 {
		q := n / 100
		size -= 2
		putPair(digits, size, uint32(n-q*100))
		n = q
	}
	if size == 2 {
		putPair(digits, 0, uint32(n))
	} else {
		digits[0] = byte('0' + n)
	}
	return dst
}

// lengthOf returns the number of digits of n, which is from 1 up to below 1e15.
func lengthOf(n uint64) int {
	size := bits.Len64(n) * 1233 >> 12 // log10(2) is about 1233/4096
	if n >= powers[size] {
		size++
	}
	return size
}

var powers = [...]uint64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// pairs are the numbers from 00 to 99.
const pairs = "0001020304050607080910111213141516171819" +
	"2021222324252627282930313233343536373839" +
	"4041424344454647484950515253545556575859" +
	"6061626364656667686970717273747576777879" +
	"8081828384858687888990919293949596979899"

// putPair writes the two digits of n, which is below 100, to digits[i:].
func putPair(digits []byte, i int, n uint32) {
	digits[i], digits[i+1] = pairs[2*n], pairs[2*n+1]
}
