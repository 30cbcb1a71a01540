package main

// tiles: products of a strip with neighbouring strips.
func (w *writer) tiles() {
	w.text("tiles", "k, nt int, a, b, c unsafe.Pointer, set bool", 41)
	w.p("MOVQ k+0(FP), R8")
	w.p("MOVQ nt+8(FP), R9")
	w.p("MOVQ a+16(FP), R10")
	w.p("MOVQ b+24(FP), DI")
	w.p("MOVQ c+32(FP), DX")
	w.p("MOVB set+40(FP), R11")
	if w.vecs == 1 { // two tiles at once fill the registers
		w.p("MOVQ R8, AX")
		w.p("IMULQ $%d, AX", w.col())
		w.p("SUBQ $2, R9")
		w.p("JLT last")
		w.p("two:")
		w.product(2)
		w.p("ADDQ AX, DI")
		w.p("SUBQ $2, R9")
		w.p("JGE two")
		w.p("last:")
		w.p("ADDQ $2, R9")
		w.p("JZ end")
	}
	w.p("one:")
	w.product(1)
	w.p("DECQ R9")
	w.p("JNZ one")
	w.p("end:")
	w.end()
}

// product computes n tiles and stores them; n = 2 has the second strip AX bytes behind the first.
func (w *writer) product(n int) {
	name := [...]string{"", "one", "two"}[n]
	sums := 4 * n * w.vecs
	w.p("MOVQ R10, SI")
	w.p("MOVQ R8, CX")
	if n == 2 {
		w.p("LEAQ (DI)(AX*1), BX")
	}
	w.clear(sums)
	w.p("%sloop:", name)
	w.left("SI", 0)
	for j := range 4 {
		w.column("DI", j*w.size, j)
	}
	if n == 2 {
		for j := range 4 {
			w.column("BX", j*w.size, 4+j)
		}
		w.p("ADDQ $%d, BX", w.col())
	}
	w.p("ADDQ $%d, SI", w.col())
	w.p("ADDQ $%d, DI", w.col())
	w.p("DECQ CX")
	w.p("JNZ %sloop", name)
	w.negate(sums)
	w.p("TESTB R11, R11")
	w.p("JNZ %swrite", name)
	for i := range sums {
		w.p("VADD~ %d(DX), Y%d, Y%d", 32*i, i, i)
	}
	w.p("%swrite:", name)
	for i := range sums {
		w.p("VMOVU~ Y%d, %d(DX)", i, 32*i)
	}
	w.p("ADDQ $%d, DX", 32*sums)
}

// strip: tiles from..to of a strip are divided by the triangle of panel strips b, one after the other.
func (w *writer) strip() {
	w.text("strip", "from, to int, c, x, b unsafe.Pointer, step, more int, d unsafe.Pointer", 64)
	w.p("MOVQ from+0(FP), R8")
	w.p("MOVQ to+8(FP), R9")
	w.p("MOVQ c+16(FP), DX")
	w.p("MOVQ x+24(FP), R10")
	w.p("MOVQ b+32(FP), R11")
	w.p("MOVQ step+40(FP), R12")
	w.p("MOVQ more+48(FP), R13")
	w.p("MOVQ d+56(FP), BX")
	w.p("next:")
	w.p("MOVQ R10, SI")
	w.p("MOVQ R11, DI")
	w.clear(4 * w.vecs)
	w.p("MOVQ R8, CX")
	w.p("SHLQ $2, CX")
	w.p("JZ divide")
	w.p("loop:")
	w.left("SI", 0)
	for j := range 4 {
		w.column("DI", j*w.size, j)
	}
	w.p("ADDQ $%d, SI", w.col())
	w.p("ADDQ $%d, DI", w.col())
	w.p("DECQ CX")
	w.p("JNZ loop")
	w.negate(4 * w.vecs)
	w.p("divide:")
	for i := range 4 * w.vecs {
		w.p("VADD~ %d(DX), Y%d, Y%d", 32*i, i, i)
	}
	w.p("VMOVUPD even%s<>(SB), Y15", w.name)
	for j := range 4 {
		w.turn(j)
		w.store(j)
		for i := j + 1; i < 4; i++ {
			w.take("DI", (4*j+i)*w.size, i)
		}
	}
	w.p("ADDQ R12, R11")
	w.p("ADDQ R13, R12")
	w.p("ADDQ $%d, DX", w.tile())
	w.p("ADDQ $%d, BX", w.col())
	w.p("INCQ R8")
	w.p("CMPQ R8, R9")
	w.p("JLT next")
	w.end()
}

// turn makes i·column j, −im, re, in Y8 and Y9.
func (w *writer) turn(j int) {
	for v := range w.vecs {
		w.p("%s, Y%d, Y%d", w.swap, w.vecs*j+v, 8+v)
	}
	for v := range w.vecs {
		w.p("VXORPD Y15, Y%d, Y%d", 8+v, 8+v)
	}
}

// store writes a finished column to x, at SI, and times its inverse pivot to c.
func (w *writer) store(j int) {
	w.p("VBROADCAST^ %d(BX), Y12", j*w.size)
	w.p("VBROADCAST^ %d(BX), Y13", j*w.size+w.size/2)
	for v := range w.vecs {
		i := w.vecs*j + v
		w.p("VMOVU~ Y%d, %d(SI)", i, 32*i)
		w.p("VMUL~ Y12, Y%d, Y14", i)
		w.p("VFMADD231~ Y13, Y%d, Y14", 8+v)
		w.p("VMOVU~ Y14, %d(DX)", 32*i)
	}
}

// take subtracts the turned column times a number from column i.
func (w *writer) take(q string, off, i int) {
	w.p("VBROADCAST^ %d(%s), Y12", off, q)
	w.p("VBROADCAST^ %d(%s), Y13", off+w.size/2, q)
	j := off / w.size / 4 // the column that was turned
	if q == "R11" {
		j = off / w.size % 4
	}
	for v := range w.vecs {
		w.p("VFNMADD231~ Y12, Y%d, Y%d", w.vecs*j+v, w.vecs*i+v)
	}
	for v := range w.vecs {
		w.p("VFNMADD231~ Y13, Y%d, Y%d", 8+v, w.vecs*i+v)
	}
}

// back: products of rows with the transposes of tiles, and lower at once would be two kernels: this is the products.
func (w *writer) back() {
	w.text("back", "ns int, b unsafe.Pointer, step, more int, x, c unsafe.Pointer", 48)
	w.p("MOVQ ns+0(FP), CX")
	w.p("MOVQ b+8(FP), DI")
	w.p("MOVQ step+16(FP), R8")
	w.p("MOVQ more+24(FP), R9")
	w.p("MOVQ x+32(FP), SI")
	w.p("MOVQ c+40(FP), DX")
	w.clear(4 * w.vecs)
	w.p("loop:")
	for off := 0; off < w.tile(); off += 64 {
		w.p("PREFETCHT0 %d(DI) // for the columns before these, which come next", off-w.tile())
	}
	for i := range 4 {
		w.left("SI", i*w.col())
		for j := range 4 {
			w.column("DI", (4*j+i)*w.size, j)
		}
	}
	w.p("ADDQ $%d, SI", w.tile())
	w.p("ADDQ R8, DI")
	w.p("ADDQ R9, R8")
	w.p("DECQ CX")
	w.p("JNZ loop")
	w.negate(4 * w.vecs)
	for i := range 4 * w.vecs {
		w.p("VADD~ %d(DX), Y%d, Y%d", 32*i, i, i)
	}
	for i := range 4 * w.vecs {
		w.p("VMOVU~ Y%d, %d(DX)", i, 32*i)
	}
	w.end()
}

// lower: a tile is divided by the transpose of a unit lower one.
func (w *writer) lower() {
	w.text("lower", "c, t unsafe.Pointer", 16)
	w.p("MOVQ c+0(FP), DX")
	w.p("MOVQ t+8(FP), R11")
	w.p("VMOVUPD even%s<>(SB), Y15", w.name)
	for i := range 4 * w.vecs {
		w.p("VMOVU~ %d(DX), Y%d", 32*i, i)
	}
	for j := 3; j > 0; j-- {
		w.turn(j)
		for i := range j {
			w.take("R11", (4*i+j)*w.size, i)
		}
	}
	for i := range 4 * w.vecs {
		w.p("VMOVU~ Y%d, %d(DX)", i, 32*i)
	}
	w.end()
}
