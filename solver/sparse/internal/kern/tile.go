package kern

// tile computes four 2×2 parts, each with its sums in registers.
func tile[T Number](a, b []T, c *[Tile]T, set bool) {
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
func part[T Number](a, b []T) (c00, c10, c01, c11 T) {
	for len(a) >= 2 && len(b) >= 2 {
		a0, a1, b0, b1 := a[0], a[1], b[0], b[1]
		c00 += a0 * b0
		c10 += a1 * b0
		c01 += a0 * b1
		c11 += a1 * b1
		if len(a) < Rows || len(b) < Rows {
			break
		}
		a, b = a[Rows:], b[Rows:]
	}
	return c00, c10, c01, c11
}

// trsm is x = c · t⁻ᵀ and c = x · d, with t unit lower.
func trsm[T Number](c, x, t *[Tile]T, d *[Rows]T) {
	*x = *c
	for j := range Rows {
		xj := x[Rows*j : Rows*j+Rows]
		for q := range j {
			f := t[Rows*q+j]
			xq := x[Rows*q : Rows*q+Rows]
			for i := range xj {
				xj[i] -= xq[i] * f
			}
		}
		for i := range xj {
			c[Rows*j+i] = xj[i] * d[j]
		}
	}
}

// back computes two rows and two right-hand sides at a time.
func back[T Number](ns int, b []T, step, more int, x []T, c *[Tile]T) {
	for i := 0; i < Rows; i += 2 {
		for r := 0; r < Rows; r += 2 {
			var c00, c10, c01, c11 T
			at, by := Rows*i, step
			for s := range ns {
				p, q := (*[Rows]T)(b[at:]), (*[Rows]T)(b[at+Rows:])
				for j := range Rows {
					y := x[Tile*s+Rows*j+r:]
					y0, y1 := y[0], y[1]
					c00 += p[j] * y0
					c10 += p[j] * y1
					c01 += q[j] * y0
					c11 += q[j] * y1
				}
				at, by = at+by, by+more
			}
			c[Rows*i+r] -= c00
			c[Rows*i+r+1] -= c10
			c[Rows*(i+1)+r] -= c01
			c[Rows*(i+1)+r+1] -= c11
		}
	}
}

func ones[T Number](a, y []T, out *[Rows]T) {
	var s0, s1, s2, s3 T
	for _, v := range y {
		if len(a) < Rows {
			break
		}
		s0 += a[0] * v
		s1 += a[1] * v
		s2 += a[2] * v
		s3 += a[3] * v
		a = a[Rows:]
	}
	out[0], out[1], out[2], out[3] = s0, s1, s2, s3
}

func dots[T Number](ns, k int, a, x, lanes []T, n int) {
	for s := range ns {
		y := (*[Rows]T)(x[Rows*s:])
		for j := range k {
			b := (*[Rows]T)(a[Rows*(s*k+j):])
			lanes[n*j] += (b[0]*y[0] + b[1]*y[1]) + (b[2]*y[2] + b[3]*y[3])
		}
	}
}

func maxAbs[T Number](a []T) float64 {
	m := 0.0
	for _, v := range a {
		z := complex128(v)
		re, im := real(z), imag(z)
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
