//go:build gc

#include "textflag.h"

// NOFRAME leaves the frame pointer as the caller set it. The address that the
// caller returns to lies above it.
TEXT ·returnPC(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ 8(BP), AX
	MOVQ AX, ret+0(FP)
	RET
