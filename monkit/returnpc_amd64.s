//go:build gc

#include "textflag.h"

// The frame pointer is still that of our caller: above it lies where the
// caller returns to.
TEXT ·returnPC(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ 8(BP), AX
	MOVQ AX, ret+0(FP)
	RET
