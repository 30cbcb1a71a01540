package compile

import "debug/elf"

// Relocations of the machine.
const (
	relocAbsolute = uint64(elf.R_AARCH64_ABS64)
	relocRelative = uint32(elf.R_AARCH64_RELATIVE)
)

// registration appends the module in R0 to the list of modules: what runtime.addmoduledata does, which the linker wants in the module.
const registration = `#include "textflag.h"
TEXT runtime·addmoduledata(SB),NOSPLIT,$0-0
	SUB	$0x10, RSP
	MOVD	R27, 8(RSP)
	MOVD	runtime·lastmoduledatap(SB), R1
	MOVD	R0, %d(R1)
	MOVD	R0, runtime·lastmoduledatap(SB)
	MOVD	8(RSP), R27
	ADD	$0x10, RSP
	RET
`
