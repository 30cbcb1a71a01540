package main

// residual: rows of a sparse matrix times rows of four numbers are subtracted from n rows of four numbers. R14 is
// Go's own between calls only; its wrapper restores it.
func (w *writer) residual() {
	w.text("residual", "n int, rows *int32, ptr *int, col, perm *int32, half *uint32, values, x, t unsafe.Pointer", 72)
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
	w.clear(4) // sums of real factors, then of imaginary ones
	w.p("CMPQ BX, CX")
	w.p("JGE sum")
	w.p("loop:")
	w.p("MOVLQSX (R10)(BX*4), AX")
	w.p("MOVLQSX (R11)(AX*4), AX")
	w.p("SHLQ $6, AX")
	w.p("MOVL (R12)(BX*4), DI")
	w.p("SHLQ $4, DI")
	w.p("VBROADCASTSD (R13)(DI*1), Y12")
	w.p("VBROADCASTSD 8(R13)(DI*1), Y13")
	for v := range 2 {
		w.p("VMOVUPD %d(SI)(AX*1), Y%d", 32*v, 8+v)
		w.p("VFMADD231PD Y12, Y%d, Y%d", 8+v, v)
		w.p("VFMADD231PD Y13, Y%d, Y%d", 8+v, 2+v)
	}
	w.p("INCQ BX")
	w.p("CMPQ BX, CX")
	w.p("JLT loop")
	w.p("sum:")
	for v := range 2 {
		w.p("%s, Y%d, Y%d", w.swap, 2+v, 2+v)
		w.p("VADDSUBPD Y%d, Y%d, Y%d", 2+v, v, v)
		w.p("VMOVUPD %d(DX), Y%d", 32*v, 8+v)
		w.p("VSUBPD Y%d, Y%d, Y%d", v, 8+v, v)
		w.p("VMOVUPD Y%d, %d(DX)", v, 32*v)
	}
	w.p("ADDQ $64, DX")
	w.p("ADDQ $4, R14")
	w.p("DECQ R9")
	w.p("JNZ next")
	w.end()
}
