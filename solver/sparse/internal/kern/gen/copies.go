package main

// copies: n rows of four numbers; take makes the rest of a tile zero. Loads of vectors wait long for numbers that were
// stored one by one just before, so what goes into tiles on the way is copied in vectors.
func (w *writer) copies() {
	for _, take := range []bool{true, false} {
		name := "copyRows"
		if take {
			name = "take"
		}
		w.text(name, "n int, to, from unsafe.Pointer", 24)
		w.p("MOVQ n+0(FP), CX")
		w.p("MOVQ to+8(FP), DI")
		w.p("MOVQ from+16(FP), SI")
		if take {
			w.p("MOVQ $4, AX")
			w.p("SUBQ CX, AX")
		}
		w.p("loop:")
		for v := range w.vecs {
			w.p("VMOVU~ %d(SI), Y%d", 32*v, v)
		}
		for v := range w.vecs {
			w.p("VMOVU~ Y%d, %d(DI)", v, 32*v)
		}
		w.p("ADDQ $%d, SI", w.col())
		w.p("ADDQ $%d, DI", w.col())
		w.p("DECQ CX")
		w.p("JNZ loop")
		if take {
			w.p("VXORPD Y0, Y0, Y0")
			w.p("TESTQ AX, AX")
			w.p("JZ end")
			w.p("zero:")
			for v := range w.vecs {
				w.p("VMOVU~ Y0, %d(DI)", 32*v)
			}
			w.p("ADDQ $%d, DI", w.col())
			w.p("DECQ AX")
			w.p("JNZ zero")
			w.p("end:")
		}
		w.end()
	}
}

// columns: n rows of four numbers are put together from four columns, or spread over them; at[i] is the place of row i
// in the columns. Lines of the columns are asked for ahead.
func (w *writer) columns() {
	bases := []string{"R8", "R9", "R10", "R11"}
	const ahead = 24
	for _, in := range []bool{true, false} {
		name := "toColumns"
		if in {
			name = "fromColumns"
		}
		w.text(name, "n int, at *int32, cols *[4]unsafe.Pointer, rows unsafe.Pointer", 32)
		w.p("MOVQ n+0(FP), CX")
		w.p("MOVQ at+8(FP), SI")
		w.p("MOVQ cols+16(FP), AX")
		w.p("MOVQ rows+24(FP), DI")
		for r, base := range bases {
			w.p("MOVQ %d(AX), %s", 8*r, base)
		}
		w.p("SUBQ $%d, CX", ahead)
		w.p("JLE rest")
		w.p("loop:")
		w.p("MOVLQSX %d(SI), BX", 4*ahead)
		w.p("SHLQ $4, BX")
		for _, base := range bases {
			w.p("PREFETCHT0 (%s)(BX*1)", base)
		}
		w.row(bases, in)
		w.p("JNZ loop")
		w.p("rest:")
		w.p("ADDQ $%d, CX", ahead)
		w.p("JZ done")
		w.p("tail:")
		w.row(bases, in)
		w.p("JNZ tail")
		w.p("done:")
		w.end()
	}
}

func (w *writer) row(bases []string, in bool) {
	w.p("MOVLQSX (SI), AX")
	w.p("SHLQ $4, AX")
	for r, base := range bases {
		if in {
			w.p("VMOVUPD (%s)(AX*1), X%d", base, r)
		} else {
			w.p("VMOVUPD %d(DI), X%d", 16*r, r)
			w.p("VMOVUPD X%d, (%s)(AX*1)", r, base)
		}
	}
	if in {
		w.p("VINSERTF128 $1, X1, Y0, Y0")
		w.p("VINSERTF128 $1, X3, Y2, Y2")
		w.p("VMOVUPD Y0, (DI)")
		w.p("VMOVUPD Y2, 32(DI)")
	}
	w.p("ADDQ $4, SI")
	w.p("ADDQ $64, DI")
	w.p("DECQ CX")
}
