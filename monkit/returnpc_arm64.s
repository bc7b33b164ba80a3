//go:build gc

#include "textflag.h"

// NOFRAME leaves the frame pointer as the caller set it. The address that the
// caller returns to lies above it.
TEXT ·returnPC(SB), NOSPLIT|NOFRAME, $0-8
	MOVD 8(R29), R0
	MOVD R0, ret+0(FP)
	RET
