package kern

// Forward subtracts k columns of a strip times k rows of y from four rows: oᵢ[r] -= Σₖ a[4k+i]·y[k·n+r], r < n.
// Two rows and two right-hand sides at a time have their sums in registers; the order of the sums does not depend on n.
func Forward(k, n int, a, y []complex128, o *[Rows][]complex128) {
	if k == 0 {
		return
	}
	a, y = a[:Rows*k], y[:n*k]
	if n == 1 {
		forwardOne(a, y, o)
		return
	}
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

// Backward subtracts the transpose: y[k·n+r] -= Σᵢ a[4k+i]·x[i·n+r] for k columns of a strip and four rows x.
func Backward(k, n int, a, x, y []complex128) {
	a, x, y = a[:Rows*k], x[:Rows*n], y[:k*n]
	if n == 1 {
		backwardOne(a, x, y)
		return
	}
	x0, x1, x2, x3 := x[:n], x[n:2*n], x[2*n:3*n], x[3*n:4*n]
	for len(a) >= Rows {
		a0r, a0i, a1r, a1i := real(a[0]), imag(a[0]), real(a[1]), imag(a[1])
		a2r, a2i, a3r, a3i := real(a[2]), imag(a[2]), real(a[3]), imag(a[3])
		o := y[:n]
		x0, x1, x2, x3 := x0[:len(o)], x1[:len(o)], x2[:len(o)], x3[:len(o)]
		for r := range o {
			b0, b1, b2, b3 := x0[r], x1[r], x2[r], x3[r]
			re := (a0r*real(b0) - a0i*imag(b0)) + (a1r*real(b1) - a1i*imag(b1)) + ((a2r*real(b2) - a2i*imag(b2)) + (a3r*real(b3) - a3i*imag(b3)))
			im := (a0r*imag(b0) + a0i*real(b0)) + (a1r*imag(b1) + a1i*real(b1)) + ((a2r*imag(b2) + a2i*real(b2)) + (a3r*imag(b3) + a3i*real(b3)))
			o[r] -= complex(re, im)
		}
		a, y = a[Rows:], y[n:]
	}
}

func backwardOne(a, x, y []complex128) {
	x0r, x0i, x1r, x1i := real(x[0]), imag(x[0]), real(x[1]), imag(x[1])
	x2r, x2i, x3r, x3i := real(x[2]), imag(x[2]), real(x[3]), imag(x[3])
	for k := range y {
		if len(a) < Rows {
			break
		}
		re := (real(a[0])*x0r - imag(a[0])*x0i) + (real(a[1])*x1r - imag(a[1])*x1i) + ((real(a[2])*x2r - imag(a[2])*x2i) + (real(a[3])*x3r - imag(a[3])*x3i))
		im := (real(a[0])*x0i + imag(a[0])*x0r) + (real(a[1])*x1i + imag(a[1])*x1r) + ((real(a[2])*x2i + imag(a[2])*x2r) + (real(a[3])*x3i + imag(a[3])*x3r))
		y[k] -= complex(re, im)
		a = a[Rows:]
	}
}

// Row subtracts a multiple of a row: o[r] -= f·y[r].
func Row(f complex128, y, o []complex128) {
	y = y[:len(o)]
	for r := range o {
		o[r] -= f * y[r]
	}
}
