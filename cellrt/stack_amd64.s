#include "textflag.h"

// func stackUsed() uintptr
TEXT ·stackUsed(SB),NOSPLIT,$0-8
	MOVQ (TLS), CX
	MOVQ 8(CX), AX // g.stack.hi
	SUBQ SP, AX
	MOVQ AX, ret+0(FP)
	RET

// func goroutine() uintptr
TEXT ·goroutine(SB),NOSPLIT,$0-8
	MOVQ (TLS), AX
	MOVQ AX, ret+0(FP)
	RET
