package main

// rows: rows of four numbers are added to, or copied from, scattered places.
func (w *writer) rows() {
	shift := 6
	if w.vecs == 1 {
		shift = 5
	}
	for _, add := range []bool{true, false} {
		name := "gather"
		if add {
			name = "scatter"
		}
		w.text(name, "n int, to *int32, x, y unsafe.Pointer", 32)
		w.p("MOVQ n+0(FP), CX")
		w.p("MOVQ to+8(FP), BX")
		w.p("MOVQ x+16(FP), DI")
		w.p("MOVQ y+24(FP), SI")
		w.p("loop:")
		w.p("MOVLQSX (BX), AX")
		w.p("SHLQ $%d, AX", shift)
		for v := range w.vecs {
			if add {
				w.p("VMOVU~ %d(SI), Y%d", 32*v, v)
				w.p("VADD~ %d(DI)(AX*1), Y%d, Y%d", 32*v, v, v)
				w.p("VMOVU~ Y%d, %d(DI)(AX*1)", v, 32*v)
			} else {
				w.p("VMOVU~ %d(DI)(AX*1), Y%d", 32*v, v)
				w.p("VMOVU~ Y%d, %d(SI)", v, 32*v)
			}
		}
		w.p("ADDQ $4, BX")
		w.p("ADDQ $%d, SI", w.col())
		w.p("DECQ CX")
		w.p("JNZ loop")
		w.end()
	}
}

// add: columns of runs of one to four rows along a strip.
func (w *writer) add() {
	shift := 6
	if w.vecs == 1 {
		shift = 5
	}
	w.text("add", "m, n int, runs *Run, limit, first int, dst, src unsafe.Pointer", 56)
	w.p("MOVQ m+0(FP), BX")
	w.p("MOVQ n+8(FP), R8")
	w.p("MOVQ runs+16(FP), R9")
	w.p("MOVQ limit+24(FP), R10")
	w.p("MOVQ first+32(FP), AX")
	w.p("MOVQ dst+40(FP), R11")
	w.p("MOVQ src+48(FP), R12")
	w.p("SHLQ $%d, AX", shift)
	w.p("SUBQ AX, R11")
	w.p("run:")
	w.p("MOVLQSX (R9), SI")
	w.p("MOVLQSX 4(R9), DI")
	w.p("MOVLQSX 8(R9), CX")
	w.p("MOVQ R10, AX")
	w.p("SUBQ SI, AX")
	w.p("CMPQ CX, AX")
	w.p("CMOVQGT AX, CX")
	w.p("SHLQ $%d, SI", shift)
	w.p("SHLQ $%d, DI", shift)
	w.p("ADDQ R12, SI")
	w.p("ADDQ R11, DI")
	w.p("CMPQ BX, $2")
	w.p("JEQ rows2")
	w.p("JLT rows1")
	w.p("CMPQ BX, $3")
	w.p("JEQ rows3")
	for m := 4; m > 0; m-- {
		w.addRows(m)
	}
	w.p("next:")
	w.p("ADDQ $12, R9")
	w.p("DECQ R8")
	w.p("JNZ run")
	w.end()
}

// addRows adds CX columns of m rows, two at a time.
func (w *writer) addRows(m int) {
	whole, half := "VMOVUPD", "VMOVUPD"
	if w.vecs == 1 {
		half = "VMOVSD" // a number alone is half a register
	}
	type part struct {
		move, reg string
		off       int
	}
	var parts []part
	switch {
	case w.vecs == 1 && m == 4:
		parts = []part{{whole, "Y", 0}}
	case w.vecs == 1 && m > 1:
		parts = []part{{whole, "X", 0}}
	case m == 4:
		parts = []part{{whole, "Y", 0}, {whole, "Y", 32}}
	case m > 1:
		parts = []part{{whole, "Y", 0}}
	}
	if m%2 == 1 {
		parts = append(parts, part{half, "X", (m - 1) * w.size})
	}
	columns := func(n int) {
		for i := range n {
			for k, p := range parts {
				r := len(parts)*i + k
				w.p("%s %d(SI), %s%d", p.move, i*w.col()+p.off, p.reg, r)
				w.p("%s %d(DI), %s%d", p.move, i*w.col()+p.off, p.reg, 4+r)
				w.p("VADD~ %s%d, %s%d, %s%d", p.reg, 4+r, p.reg, r, p.reg, r)
			}
		}
		for i := range n {
			for k, p := range parts {
				w.p("%s %s%d, %d(DI)", p.move, p.reg, len(parts)*i+k, i*w.col()+p.off)
			}
		}
		w.p("ADDQ $%d, SI", n*w.col())
		w.p("ADDQ $%d, DI", n*w.col())
	}
	w.p("rows%d:", m)
	w.p("SUBQ $2, CX")
	w.p("JLT last%d", m)
	w.p("two%d:", m)
	columns(2)
	w.p("SUBQ $2, CX")
	w.p("JGE two%d", m)
	w.p("last%d:", m)
	w.p("ADDQ $2, CX")
	w.p("JZ next")
	columns(1)
	w.p("JMP next")
}

// maxAbs: the largest part of n columns of four numbers.
func (w *writer) maxAbs() {
	w.text("maxAbs", "n int, a unsafe.Pointer) (m [4]float64", 48)
	w.p("MOVQ n+0(FP), CX")
	w.p("MOVQ a+8(FP), SI")
	w.p("VPCMPEQD Y15, Y15, Y15")
	if w.vecs == 1 {
		w.p("VPSRLD $1, Y15, Y15")
	} else {
		w.p("VPSRLQ $1, Y15, Y15")
	}
	w.clear(w.vecs)
	w.p("loop:")
	for v := range w.vecs {
		w.p("VAND~ %d(SI), Y15, Y%d", 32*v, 2+v)
		w.p("VMAX~ Y%d, Y%d, Y%d", v, 2+v, v)
	}
	w.p("ADDQ $%d, SI", w.col())
	w.p("DECQ CX")
	w.p("JNZ loop")
	if w.vecs == 2 {
		w.p("VMAXPD Y0, Y1, Y0")
	} else {
		w.p("VEXTRACTF128 $1, Y0, X1")
		w.p("VMAXPS X0, X1, X0")
		w.p("VCVTPS2PD X0, Y0")
	}
	w.p("VMOVUPD Y0, m_0+16(FP)")
	w.end()
}

// ones: one right-hand side times ns strips of k columns that lie one behind the other. Four columns at a time keep
// sums apart: those of real and of imaginary factors.
func (w *writer) ones() {
	w.text("ones", "ns, k int, a, y, out unsafe.Pointer", 40)
	w.p("MOVQ ns+0(FP), R9")
	w.p("MOVQ k+8(FP), R8")
	w.p("MOVQ a+16(FP), SI")
	w.p("MOVQ y+24(FP), R10")
	w.p("MOVQ out+32(FP), DX")
	step := func(base int) { // sums base.. of real factors, base+vecs.. of imaginary ones
		w.p("VBROADCAST^ (DI), Y12")
		w.p("VBROADCAST^ %d(DI), Y13", w.size/2)
		for v := range w.vecs {
			w.p("VMOVU~ %d(SI), Y%d", 32*v, 8+v)
			w.p("VFMADD231~ Y12, Y%d, Y%d", 8+v, base+v)
			w.p("VFMADD231~ Y13, Y%d, Y%d", 8+v, base+w.vecs+v)
		}
		w.p("ADDQ $%d, SI", w.col())
		w.p("ADDQ $%d, DI", w.size)
	}
	w.p("next:")
	w.p("MOVQ R10, DI")
	w.clear(4 * w.vecs)
	w.p("MOVQ R8, CX")
	w.p("SUBQ $2, CX")
	w.p("JLT rest")
	w.p("two:")
	w.p("PREFETCHT0 1024(SI)")
	if w.vecs == 2 {
		w.p("PREFETCHT0 1088(SI)")
	}
	step(0)
	step(2 * w.vecs)
	w.p("SUBQ $2, CX")
	w.p("JGE two")
	w.p("rest:")
	w.p("ADDQ $2, CX")
	w.p("JZ sum")
	step(0)
	w.p("sum:")
	for i := range 2 * w.vecs {
		w.p("VADD~ Y%d, Y%d, Y%d", i, 2*w.vecs+i, i)
	}
	for v := range w.vecs { // re·br − im·bi, im·br + re·bi
		w.p("%s, Y%d, Y%d", w.swap, w.vecs+v, w.vecs+v)
		w.p("VADDSUB~ Y%d, Y%d, Y%d", w.vecs+v, v, v)
		w.p("VMOVU~ Y%d, %d(DX)", v, 32*v)
	}
	w.p("ADDQ $%d, DX", w.col())
	w.p("DECQ R9")
	w.p("JNZ next")
	w.end()
}

// dots: transposes of ns strips of k columns times one right-hand side. Each column has lanes that wait to be added up:
// re·re, im·im in its first half, re·im, im·re in its second.
func (w *writer) dots() {
	w.text("dots", "ns, k int, a, x, lanes unsafe.Pointer", 40)
	w.p("MOVQ ns+0(FP), R9")
	w.p("MOVQ k+8(FP), R8")
	w.p("MOVQ a+16(FP), SI")
	w.p("MOVQ x+24(FP), R10")
	w.p("MOVQ lanes+32(FP), R11")
	w.p("next:")
	w.p("MOVQ R11, DI")
	w.p("MOVQ R8, CX")
	for v := range w.vecs {
		w.p("VMOVU~ %d(R10), Y%d", 32*v, 8+v)
		w.p("%s, Y%d, Y%d", w.swap, 8+v, 10+v)
	}
	w.p("loop:")
	w.p("VMOVU~ (DI), Y0")
	w.p("VMOVU~ 32(DI), Y1")
	for v := range w.vecs {
		w.p("VMOVU~ %d(SI), Y%d", 32*v, 2+v)
		w.p("VFMADD231~ Y%d, Y%d, Y0", 2+v, 8+v)
		w.p("VFMADD231~ Y%d, Y%d, Y1", 2+v, 10+v)
	}
	w.p("VMOVU~ Y0, (DI)")
	w.p("VMOVU~ Y1, 32(DI)")
	w.p("ADDQ $%d, SI", w.col())
	w.p("ADDQ $64, DI")
	w.p("DECQ CX")
	w.p("JNZ loop")
	w.p("ADDQ $%d, R10", w.col())
	w.p("DECQ R9")
	w.p("JNZ next")
	w.end()
}

// peak: nothing but multiply-adds, 12 at a time and apart from each other, n times: 96 operations each time.
func (w *writer) peak() {
	w.text("peak", "n int", 8)
	w.p("MOVQ n+0(FP), CX")
	w.clear(16)
	w.p("loop:")
	for i := range 12 {
		w.p("VFMADD231PD Y14, Y15, Y%d", i)
	}
	w.p("DECQ CX")
	w.p("JNZ loop")
	w.end()
}
