package main

// residual: rows of a sparse matrix times rows of four numbers, or of one, are subtracted from n rows of as many. R14 is
// Go's own between calls only; its wrapper restores it.
func (w *writer) residual(numbers int) {
	name, reg, shift, vecs, broadcast := "residual", "Y", 6, 2, "VBROADCASTSD"
	if numbers == 1 {
		name, reg, shift, vecs, broadcast = "residualOne", "X", 4, 1, "VMOVDDUP"
	}
	w.text(name, "n int, rows *int32, ptr *int, col, perm *int32, half *uint32, values, x, t unsafe.Pointer", 72)
	w.p("MOVQ n+0(FP), R9")
	w.p("MOVQ rows+8(FP), R14")
	w.p("MOVQ ptr+16(FP), R8")
	w.p("MOVQ col+24(FP), R10")
	w.p("MOVQ perm+32(FP), R11")
	w.p("MOVQ half+40(FP), R12")
	w.p("MOVQ values+48(FP), R13")
	w.p("MOVQ x+56(FP), SI")
	w.p("MOVQ t+64(FP), DX")
	w.p("next:")
	w.p("MOVLQSX (R14), AX")
	w.p("MOVQ (R8)(AX*8), BX")
	w.p("MOVQ 8(R8)(AX*8), CX")
	w.clear(2 * vecs) // sums of real factors, then of imaginary ones
	w.p("CMPQ BX, CX")
	w.p("JGE sum")
	w.p("loop:")
	w.p("MOVLQSX (R10)(BX*4), AX")
	w.p("MOVLQSX (R11)(AX*4), AX")
	w.p("SHLQ $%d, AX", shift)
	w.p("MOVL (R12)(BX*4), DI")
	w.p("SHLQ $4, DI")
	w.p("%s (R13)(DI*1), %s12", broadcast, reg)
	w.p("%s 8(R13)(DI*1), %s13", broadcast, reg)
	for v := range vecs {
		w.p("VMOVUPD %d(SI)(AX*1), %s%d", 32*v, reg, 8+v)
		w.p("VFMADD231PD %s12, %s%d, %s%d", reg, reg, 8+v, reg, v)
		w.p("VFMADD231PD %s13, %s%d, %s%d", reg, reg, 8+v, reg, vecs+v)
	}
	w.p("INCQ BX")
	w.p("CMPQ BX, CX")
	w.p("JLT loop")
	w.p("sum:")
	for v := range vecs {
		w.p("%s, %s%d, %s%d", w.swap, reg, vecs+v, reg, vecs+v)
		w.p("VADDSUBPD %s%d, %s%d, %s%d", reg, vecs+v, reg, v, reg, v)
		w.p("VMOVUPD %d(DX), %s%d", 32*v, reg, 8+v)
		w.p("VSUBPD %s%d, %s%d, %s%d", reg, v, reg, 8+v, reg, v)
		w.p("VMOVUPD %s%d, %d(DX)", reg, v, 32*v)
	}
	w.p("ADDQ $%d, DX", 1<<shift)
	w.p("ADDQ $4, R14")
	w.p("DECQ R9")
	w.p("JNZ next")
	w.end()
}

// prefetch: n cache lines are asked for.
func (w *writer) prefetch() {
	w.text("prefetch", "n int, a unsafe.Pointer", 16)
	w.p("MOVQ n+0(FP), CX")
	w.p("MOVQ a+8(FP), SI")
	w.p("loop:")
	w.p("PREFETCHT1 (SI)")
	w.p("ADDQ $64, SI")
	w.p("DECQ CX")
	w.p("JNZ loop")
	w.p("RET")
}
