package kern

// tile computes four 2×2 parts, each with its eight sums in registers.
func tile(a, b []complex128, c *[Tile]complex128, set bool) {
	for j := 0; j < Rows; j += 2 {
		for i := 0; i < Rows; i += 2 {
			s00, s10, s01, s11 := part(a[i:], b[j:])
			p, q := c[Rows*j+i:Rows*j+i+2:Rows*j+i+2], c[Rows*(j+1)+i:Rows*(j+1)+i+2]
			if set {
				p[0], p[1], q[0], q[1] = -s00, -s10, -s01, -s11
			} else {
				p[0] -= s00
				p[1] -= s10
				q[0] -= s01
				q[1] -= s11
			}
		}
	}
}

// part is a 2×2 block of the product of two strips from which it takes two rows each.
func part(a, b []complex128) (c00, c10, c01, c11 complex128) {
	var r00, i00, r10, i10, r01, i01, r11, i11 float64
	for len(a) >= 2 && len(b) >= 2 {
		a0r, a0i := real(a[0]), imag(a[0])
		a1r, a1i := real(a[1]), imag(a[1])
		b0r, b0i := real(b[0]), imag(b[0])
		r00 += a0r*b0r - a0i*b0i
		i00 += a0r*b0i + a0i*b0r
		r10 += a1r*b0r - a1i*b0i
		i10 += a1r*b0i + a1i*b0r
		b1r, b1i := real(b[1]), imag(b[1])
		r01 += a0r*b1r - a0i*b1i
		i01 += a0r*b1i + a0i*b1r
		r11 += a1r*b1r - a1i*b1i
		i11 += a1r*b1i + a1i*b1r
		if len(a) < Rows || len(b) < Rows {
			break
		}
		a, b = a[Rows:], b[Rows:]
	}
	return complex(r00, i00), complex(r10, i10), complex(r01, i01), complex(r11, i11)
}

func trsm(nj int, c, x, l, d []complex128) {
	x = x[:Rows*nj]
	copy(x, c[:Rows*nj])
	for j := range nj {
		xj := x[Rows*j : Rows*j+Rows]
		for q := range j {
			f := l[Rows*q+j]
			xq := x[Rows*q : Rows*q+Rows]
			for i := range xj {
				xj[i] -= xq[i] * f
			}
		}
		cj, dj := c[Rows*j:Rows*j+Rows], d[j]
		for i := range cj {
			cj[i] = xj[i] * dj
		}
	}
}

func maxAbs(a []complex128) float64 {
	m := 0.0
	for _, v := range a {
		re, im := real(v), imag(v)
		if re < 0 {
			re = -re
		}
		if im < 0 {
			im = -im
		}
		if re > m {
			m = re
		}
		if im > m {
			m = im
		}
	}
	return m
}
