package kern

// Loops is a choice of inner loops: plain Go, or assembly where the processor has the instructions.
type Loops struct{ avx2 bool }

// Best chooses the fastest loops that the processor can run.
func Best() Loops { return Loops{avx2: haveAVX2} }

// Portable chooses plain Go.
func Portable() Loops { return Loops{} }

// Name tells which loops these are.
func (l Loops) Name() string {
	if l.avx2 {
		return "avx2"
	}
	return "portable"
}

// Pad is the length of rows that hold n right-hand sides; numbers behind them may be anything finite.
func (l Loops) Pad(n int) int {
	if l.avx2 {
		return (n + Rows - 1) &^ (Rows - 1)
	}
	return n
}

// Sub subtracts a product from nt neighbouring tiles: tile t of c -= a · bₜᵀ, where a is a strip of k columns and
// the strips bₜ of k columns lie one behind the other in b.
func (l Loops) Sub(k, nt int, a, b, c []complex128) { l.tiles(k, nt, a, b, c, false) }

// Set is Sub on tiles that hold nothing yet: tile t of c = −a · bₜᵀ.
func (l Loops) Set(k, nt int, a, b, c []complex128) { l.tiles(k, nt, a, b, c, true) }

func (l Loops) tiles(k, nt int, a, b, c []complex128, set bool) {
	a, b, c = a[:Rows*k], b[:Rows*k*nt], c[:Tile*nt]
	if l.avx2 && k > 0 && nt > 0 {
		tilesAVX2(k, nt, &a[0], &b[0], &c[0], set)
		return
	}
	for range nt {
		tile(a, b[:Rows*k], (*[Tile]complex128)(c), set)
		b, c = b[Rows*k:], c[Tile:]
	}
}

// Trsm divides a tile of nj columns by a factored diagonal tile: with t the unit lower tile and d its inverse pivots,
// x = c · t⁻ᵀ and c = x · d.
func (l Loops) Trsm(nj int, c, x, t, d []complex128) {
	c, x, t, d = c[:Rows*nj], x[:Rows*nj], t[:Rows*nj], d[:nj]
	if l.avx2 && nj == Rows {
		trsmAVX2(&c[0], &x[0], &t[0], &d[0])
		return
	}
	trsm(nj, c, x, t, d)
}

// Add adds every fourth element: dst[4i] += src[4i] for i < n; a run of one row along a strip.
func (l Loops) Add(n int, dst, src []complex128) {
	if n <= 0 {
		return
	}
	m := Rows*(n-1) + 1
	dst, src = dst[:m], src[:m]
	if l.avx2 {
		addAVX2(n, &dst[0], &src[0])
		return
	}
	for i := 0; i < len(dst) && i < len(src); i += Rows {
		dst[i] += src[i]
	}
}

// Forward subtracts k columns of a strip times k rows of y from four rows: oᵢ[r] -= Σₖ a[4k+i]·y[k·n+r], r < n.
func (l Loops) Forward(k, n int, a, y []complex128, o *[Rows][]complex128) {
	if k == 0 {
		return
	}
	a, y = a[:Rows*k], y[:n*k]
	switch {
	case l.avx2:
		p := pointers(n, o)
		forwardAVX2(k, n/Rows, &a[0], &y[0], n*numberBytes, &p)
	case n == 1:
		forwardOne(a, y, o)
	default:
		forward(n, a, y, o)
	}
}

// Backward subtracts the transpose of ns strips from four rows: oᵢ[r] -= Σₛ Σⱼ aₛ[4i+j]·x[(4s+j)·n+r]. Strip s+1
// begins stride elements behind strip s in a, and stride grows by more from one to the next.
func (l Loops) Backward(ns, n int, a []complex128, stride, more int, x []complex128, o *[Rows][]complex128) {
	if ns == 0 {
		return
	}
	x = x[:Rows*ns*n]
	_ = a[(ns-1)*stride+(ns-1)*(ns-2)/2*more+Tile-1]
	switch {
	case l.avx2:
		p := pointers(n, o)
		backwardAVX2(ns, n/Rows, &a[0], stride*numberBytes, more*numberBytes, &x[0], n*numberBytes, &p)
	case n == 1:
		backwardOne(ns, a, stride, more, x, o)
	default:
		backward(ns, n, a, stride, more, x, o)
	}
}

// Row subtracts a multiple of a row: o[r] -= f·y[r].
func (l Loops) Row(f complex128, y, o []complex128) {
	y = y[:len(o)]
	if l.avx2 {
		rowAVX2(len(o)/Rows, f, &y[0], &o[0])
		return
	}
	for r := range o {
		o[r] -= f * y[r]
	}
}

// Scale multiplies a row: o[r] *= f.
func (l Loops) Scale(f complex128, o []complex128) {
	if l.avx2 {
		scaleAVX2(len(o)/Rows, f, &o[0])
		return
	}
	for r := range o {
		o[r] *= f
	}
}

// MaxAbs is the largest |re| or |im| of whole strips; what it gives when one is NaN is not defined.
func (l Loops) MaxAbs(a []complex128) float64 {
	if n := len(a) / Rows; l.avx2 && n > 0 {
		return max(maxAbsAVX2(n, &a[0]), maxAbs(a[n*Rows:]))
	}
	return maxAbs(a)
}

const numberBytes = 16

// pointers checks that rows have n numbers.
func pointers(n int, o *[Rows][]complex128) (p [Rows]*complex128) {
	for i := range p {
		p[i] = &o[i][:n][0]
	}
	return p
}
