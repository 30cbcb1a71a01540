package compile

import "debug/elf"

// Relocations of the machine.
const (
	relocAbsolute = uint64(elf.R_X86_64_64)
	relocRelative = uint32(elf.R_X86_64_RELATIVE)
)

// registration appends the module in DI to the list of modules: what runtime.addmoduledata does, which the linker wants in the module.
const registration = `#include "textflag.h"
TEXT runtime·addmoduledata(SB),NOSPLIT,$0-0
	PUSHQ	R15
	MOVQ	runtime·lastmoduledatap(SB), AX
	MOVQ	DI, %d(AX)
	MOVQ	DI, runtime·lastmoduledatap(SB)
	POPQ	R15
	RET
`
