package kern

// forward has the sums of two rows and two right-hand sides in registers; their order does not depend on n.
func forward(n int, a, y []complex128, o *[Rows][]complex128) {
	for i := 0; i < Rows; i += 2 {
		o0, o1 := o[i], o[i+1]
		r := 0
		for ; r+2 <= n; r += 2 {
			s00, s10, s01, s11 := rows2(a[i:], y[r:], n)
			o0[r] -= s00
			o0[r+1] -= s01
			o1[r] -= s10
			o1[r+1] -= s11
		}
		if r < n {
			s0, s1 := rows1(a[i:], y[r:], n)
			o0[r] -= s0
			o1[r] -= s1
		}
	}
}

func rows2(a, y []complex128, n int) (c00, c10, c01, c11 complex128) {
	var r00, i00, r10, i10, r01, i01, r11, i11 float64
	for len(a) >= 2 && len(y) >= 2 {
		a0r, a0i := real(a[0]), imag(a[0])
		a1r, a1i := real(a[1]), imag(a[1])
		b0r, b0i := real(y[0]), imag(y[0])
		r00 += a0r*b0r - a0i*b0i
		i00 += a0r*b0i + a0i*b0r
		r10 += a1r*b0r - a1i*b0i
		i10 += a1r*b0i + a1i*b0r
		b1r, b1i := real(y[1]), imag(y[1])
		r01 += a0r*b1r - a0i*b1i
		i01 += a0r*b1i + a0i*b1r
		r11 += a1r*b1r - a1i*b1i
		i11 += a1r*b1i + a1i*b1r
		if len(a) < Rows || len(y) < n {
			break
		}
		a, y = a[Rows:], y[n:]
	}
	return complex(r00, i00), complex(r10, i10), complex(r01, i01), complex(r11, i11)
}

func rows1(a, y []complex128, n int) (c0, c1 complex128) {
	var r0, i0, r1, i1 float64
	for len(a) >= 2 && len(y) >= 1 {
		br, bi := real(y[0]), imag(y[0])
		r0 += real(a[0])*br - imag(a[0])*bi
		i0 += real(a[0])*bi + imag(a[0])*br
		r1 += real(a[1])*br - imag(a[1])*bi
		i1 += real(a[1])*bi + imag(a[1])*br
		if len(a) < Rows || len(y) < n {
			break
		}
		a, y = a[Rows:], y[n:]
	}
	return complex(r0, i0), complex(r1, i1)
}

func forwardOne(a, y []complex128, o *[Rows][]complex128) {
	var r0, i0, r1, i1, r2, i2, r3, i3 float64
	for _, v := range y {
		if len(a) < Rows {
			break
		}
		br, bi := real(v), imag(v)
		r0 += real(a[0])*br - imag(a[0])*bi
		i0 += real(a[0])*bi + imag(a[0])*br
		r1 += real(a[1])*br - imag(a[1])*bi
		i1 += real(a[1])*bi + imag(a[1])*br
		r2 += real(a[2])*br - imag(a[2])*bi
		i2 += real(a[2])*bi + imag(a[2])*br
		r3 += real(a[3])*br - imag(a[3])*bi
		i3 += real(a[3])*bi + imag(a[3])*br
		a = a[Rows:]
	}
	o[0][0] -= complex(r0, i0)
	o[1][0] -= complex(r1, i1)
	o[2][0] -= complex(r2, i2)
	o[3][0] -= complex(r3, i3)
}

// backward goes strip by strip, the four products of a strip in registers.
func backward(ns, n int, a []complex128, stride, more int, x []complex128, o *[Rows][]complex128) {
	for range ns {
		for i, o := range o {
			o = o[:n]
			x0, x1, x2, x3 := x[:n][:len(o)], x[n : 2*n][:len(o)], x[2*n : 3*n][:len(o)], x[3*n : 4*n][:len(o)]
			b := a[Rows*i : Rows*i+Rows]
			a0r, a0i, a1r, a1i := real(b[0]), imag(b[0]), real(b[1]), imag(b[1])
			a2r, a2i, a3r, a3i := real(b[2]), imag(b[2]), real(b[3]), imag(b[3])
			for r := range o {
				b0, b1, b2, b3 := x0[r], x1[r], x2[r], x3[r]
				re := (a0r*real(b0) - a0i*imag(b0)) + (a1r*real(b1) - a1i*imag(b1)) + ((a2r*real(b2) - a2i*imag(b2)) + (a3r*real(b3) - a3i*imag(b3)))
				im := (a0r*imag(b0) + a0i*real(b0)) + (a1r*imag(b1) + a1i*real(b1)) + ((a2r*imag(b2) + a2i*real(b2)) + (a3r*imag(b3) + a3i*real(b3)))
				o[r] -= complex(re, im)
			}
		}
		x = x[Rows*n:]
		if len(x) == 0 {
			return
		}
		a = a[stride:]
		stride += more
	}
}

func backwardOne(ns int, a []complex128, stride, more int, x []complex128, o *[Rows][]complex128) {
	for range ns {
		x0r, x0i, x1r, x1i := real(x[0]), imag(x[0]), real(x[1]), imag(x[1])
		x2r, x2i, x3r, x3i := real(x[2]), imag(x[2]), real(x[3]), imag(x[3])
		for i, b := 0, a[:Tile]; i < Rows; i, b = i+1, b[Rows:] {
			re := (real(b[0])*x0r - imag(b[0])*x0i) + (real(b[1])*x1r - imag(b[1])*x1i) + ((real(b[2])*x2r - imag(b[2])*x2i) + (real(b[3])*x3r - imag(b[3])*x3i))
			im := (real(b[0])*x0i + imag(b[0])*x0r) + (real(b[1])*x1i + imag(b[1])*x1r) + ((real(b[2])*x2i + imag(b[2])*x2r) + (real(b[3])*x3i + imag(b[3])*x3r))
			o[i][0] -= complex(re, im)
		}
		x = x[Rows:]
		if len(x) == 0 {
			return
		}
		a = a[stride:]
		stride += more
	}
}
