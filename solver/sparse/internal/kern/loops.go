package kern

import "unsafe"

// Loops is a choice of inner loops: plain Go, or assembly where the processor has the instructions.
type Loops[T Number] struct{ avx2 bool }

// Best chooses the fastest loops that the processor can run.
func Best[T Number]() Loops[T] { return Loops[T]{avx2: haveAVX2} }

// Portable chooses plain Go.
func Portable[T Number]() Loops[T] { return Loops[T]{} }

// Name tells which loops these are.
func (l Loops[T]) Name() string {
	if l.avx2 {
		return "avx2"
	}
	return "portable"
}

func size[T Number]() int {
	var z T
	return int(unsafe.Sizeof(z))
}

func double[T Number]() bool { return size[T]() == 16 }

// at is the address of the first number, which must be there.
func at[T Number](x []T) unsafe.Pointer { return unsafe.Pointer(&x[0]) }

// Sub subtracts a product from nt neighbouring tiles: tile t of c -= a · bₜᵀ, where a is a strip of k columns and
// the strips bₜ of k columns lie one behind the other in b.
func (l Loops[T]) Sub(k, nt int, a, b, c []T) { l.tiles(k, nt, a, b, c, false) }

// Set is Sub on tiles that hold nothing yet: tile t of c = −a · bₜᵀ.
func (l Loops[T]) Set(k, nt int, a, b, c []T) { l.tiles(k, nt, a, b, c, true) }

func (l Loops[T]) tiles(k, nt int, a, b, c []T, set bool) {
	a, b, c = a[:Rows*k], b[:Rows*k*nt], c[:Tile*nt]
	if l.avx2 && k > 0 && nt > 0 {
		if double[T]() {
			tiles128(k, nt, at(a), at(b), at(c), set)
		} else {
			tiles64(k, nt, at(a), at(b), at(c), set)
		}
		return
	}
	for range nt {
		tile(a, b[:Rows*k], (*[Tile]T)(c), set)
		b, c = b[Rows*k:], c[Tile:]
	}
}

// Strip divides the tiles from..to of the strip c by a unit lower triangle and by its pivots. The triangle is given
// by strips that end with their diagonal tile, that of tile from first and at b, the next step behind it and each
// further one by more further; d holds the inverse pivots of the tiles from..to. x is the strip before the division by
// the pivots: its tiles before from are read, the others written. c and x begin at tile from and at tile 0.
func (l Loops[T]) Strip(from, to int, c, x, b []T, step, more int, d []T) {
	n := to - from
	if n <= 0 {
		return
	}
	c, x, d = c[:Tile*n], x[:Tile*to], d[:Rows*n]
	b = b[:(n-1)*step+(n-1)*(n-2)/2*more+Tile*to]
	if l.avx2 {
		if s := size[T](); s == 16 {
			strip128(from, to, at(c), at(x), at(b), step*s, more*s, at(d))
		} else {
			strip64(from, to, at(c), at(x), at(b), step*s, more*s, at(d))
		}
		return
	}
	for t := from; t < to; t++ {
		ct := (*[Tile]T)(c)
		if t > 0 {
			tile(x[:Tile*t], b[:Tile*t], ct, false)
		}
		trsm(ct, (*[Tile]T)(x[Tile*t:]), (*[Tile]T)(b[Tile*t:]), (*[Rows]T)(d))
		if t+1 < to {
			b, c, d = b[step:], c[Tile:], d[Rows:]
			step += more
		}
	}
}

// Back subtracts the transposes of ns tiles times rows of x from a tile: c[4i+r] -= Σₛ Σⱼ bₛ[4i+j]·x[4(4s+j)+r].
// Tile s+1 begins step elements behind tile s in b, and step grows by more from one to the next.
func (l Loops[T]) Back(ns int, b []T, step, more int, x, c []T) {
	if ns == 0 {
		return
	}
	x, c = x[:Tile*ns], c[:Tile]
	_ = b[(ns-1)*step+(ns-1)*(ns-2)/2*more+Tile-1]
	if l.avx2 {
		if s := size[T](); s == 16 {
			back128(ns, at(b), step*s, more*s, at(x), at(c))
		} else {
			back64(ns, at(b), step*s, more*s, at(x), at(c))
		}
		return
	}
	back(ns, b, step, more, x, (*[Tile]T)(c))
}

// Lower divides a tile by the transpose of a unit lower one: c = c · t⁻¹; what t has above its diagonal is not read.
func (l Loops[T]) Lower(c, t []T) {
	c, t = c[:Tile], t[:Tile]
	if l.avx2 {
		if double[T]() {
			lower128(at(c), at(t))
		} else {
			lower64(at(c), at(t))
		}
		return
	}
	for j := Rows - 1; j > 0; j-- {
		for i := range j {
			f := t[Rows*i+j]
			for r := range Rows {
				c[Rows*i+r] -= c[Rows*j+r] * f
			}
		}
	}
}

// Scatter adds rows of four numbers to the rows to[i] of x, which must be there.
func (l Loops[T]) Scatter(to []int32, x, y []T) {
	y = y[:Rows*len(to)]
	if l.avx2 && len(to) > 0 {
		if double[T]() {
			scatter128(len(to), &to[0], at(x), at(y))
		} else {
			scatter64(len(to), &to[0], at(x), at(y))
		}
		return
	}
	for i, k := range to {
		p, q := (*[Rows]T)(x[Rows*int(k):]), (*[Rows]T)(y[Rows*i:])
		for r := range p {
			p[r] += q[r]
		}
	}
}

// Gather copies the rows to[i] of x to y.
func (l Loops[T]) Gather(to []int32, x, y []T) {
	y = y[:Rows*len(to)]
	if l.avx2 && len(to) > 0 {
		if double[T]() {
			gather128(len(to), &to[0], at(x), at(y))
		} else {
			gather64(len(to), &to[0], at(x), at(y))
		}
		return
	}
	for i, k := range to {
		*(*[Rows]T)(y[Rows*i:]) = *(*[Rows]T)(x[Rows*int(k):])
	}
}

// A Run is N columns that begin at column Src of one strip and at column Dst of another.
type Run struct{ Src, Dst, N int32 }

// Add adds the columns before limit of ascending runs of m neighbouring rows along a strip to those of another; src
// begins at column 0 of the first row, dst at column first.
func (l Loops[T]) Add(m int, runs []Run, limit, first int32, dst, src []T) {
	n := len(runs)
	for n > 0 && runs[n-1].Src >= limit {
		n--
	}
	if n == 0 {
		return
	}
	last := &runs[n-1]
	k := min(last.N, limit-last.Src) - 1
	_, _, _ = dst[Rows*(runs[0].Dst-first)], dst[Rows*int(last.Dst+k-first)+m-1], src[Rows*int(last.Src+k)+m-1]
	if l.avx2 {
		if double[T]() {
			add128(m, n, &runs[0], int(limit), int(first), at(dst), at(src))
		} else {
			add64(m, n, &runs[0], int(limit), int(first), at(dst), at(src))
		}
		return
	}
	for _, r := range runs[:n] {
		for k := range min(r.N, limit-r.Src) {
			p, q := dst[Rows*int(r.Dst+k-first):], src[Rows*int(r.Src+k):]
			for i := range m {
				p[i] += q[i]
			}
		}
	}
}

// MaxAbs is the largest |re| or |im|; what it gives when one is NaN is not defined.
func (l Loops[T]) MaxAbs(a []T) float64 {
	n := len(a) / Rows
	if !l.avx2 || n == 0 {
		return maxAbs(a)
	}
	var m [4]float64
	if double[T]() {
		m = maxAbs128(n, at(a))
	} else {
		m = maxAbs64(n, at(a))
	}
	return max(m[0], m[1], m[2], m[3], maxAbs(a[n*Rows:]))
}

// Lanes is how many numbers Dots needs for a column.
func (l Loops[T]) Lanes() int { return 64 / size[T]() }

// Ones multiplies ns strips of k columns, one behind the other, by one right-hand side: out = a · y.
func (l Loops[T]) Ones(ns, k int, a, y, out []T) {
	a, y, out = a[:Rows*ns*k], y[:k], out[:Rows*ns]
	switch {
	case ns == 0:
	case k == 0:
		clear(out)
	case !l.avx2:
		for s := range ns {
			ones(a[Rows*s*k:][:Rows*k], y, (*[Rows]T)(out[Rows*s:]))
		}
	case double[T]():
		ones128(ns, k, at(a), at(y), at(out))
	default:
		ones64(ns, k, at(a), at(y), at(out))
	}
}

// Dots adds the products of the columns of ns strips of k columns with one right-hand side to lanes; Dot adds them up.
func (l Loops[T]) Dots(ns, k int, a, x, lanes []T) {
	a, x, lanes = a[:Rows*ns*k], x[:Rows*ns], lanes[:l.Lanes()*k]
	switch {
	case ns == 0 || k == 0:
	case !l.avx2:
		dots(ns, k, a, x, lanes, l.Lanes())
	case double[T]():
		dots128(ns, k, at(a), at(x), at(lanes))
	default:
		dots64(ns, k, at(a), at(x), at(lanes))
	}
}

// Soon asks for numbers that will be read before long.
func (l Loops[T]) Soon(a []T) {
	if n := len(a) * size[T]() / 64; l.avx2 && n > 0 {
		prefetch128(n, at(a))
	}
}

// Dot is the product that the lanes of column j hold.
func (l Loops[T]) Dot(lanes []T, j int) T {
	n := l.Lanes()
	lanes = lanes[n*j : n*j+n]
	if !l.avx2 {
		return lanes[0]
	}
	var re, im float64
	for i := range n / 2 {
		p, q := complex128(lanes[i]), complex128(lanes[n/2+i])
		re += real(p) - imag(p)
		im += real(q) + imag(q)
	}
	return T(complex(re, im))
}
