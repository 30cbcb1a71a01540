package fdfd

import (
	"context"
	"runtime"
	"testing"

	"github.com/galeproject/gale/solver"
)

func TestStructuresAreSharedAndForgotten(t *testing.T) {
	ctx := context.Background()
	a, err := structureFor(ctx, 7, 9, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := structureFor(ctx, 7, 9, nil)
	if err != nil || a != b {
		t.Errorf("the same shape is analysed twice, %v", err)
	}
	runtime.KeepAlive(a)
	for n := range 3 * mostShapes {
		if _, err := structureFor(ctx, 2+n, 3, nil); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
	}
	structures.mu.Lock()
	defer structures.mu.Unlock()
	if n := len(structures.have); n > mostShapes {
		t.Errorf("%d shapes are remembered", n)
	}
}

// The matrix is symmetric to the last bit, whatever the medium and the sides.
func TestSymmetry(t *testing.T) {
	m := solver.Homogeneous(11, 7, 10, 1500, 1000)
	m.Q = make([]float64, m.Cells())
	for i := range m.C {
		m.C[i] += float64(i * i % 97)
		m.Rho[i] -= float64(i * i % 89)
		m.Q[i] = 20 + float64(i)
	}
	m.Dz = 7
	for _, sides := range []Boundary{{}, {Top: Free}, {Top: Rigid, Left: Free, Right: Rigid, Bottom: Rigid}} {
		o := options{sides: sides, tau: 0.5, ky: 0.01 - 0.02i, f0: 30}
		d := newMedium(m, 20, layersFor(m, 20, sides, Layer{Cells: 4}), &o)
		nx, nz := d.box()
		s, err := structureFor(context.Background(), nx, nz, nil)
		if err != nil {
			t.Fatal(err)
		}
		v := d.assemble(s, 2)
		p := s.sym.Pattern()
		for i := range p.N() {
			for q, j := range p.Row(i) {
				ix, iz, jx, jz := i%nx, i/nx, int(j)%nx, int(j)/nx
				here, there := v[s.at(ix, iz, jx-ix, jz-iz)], v[s.at(jx, jz, ix-jx, iz-jz)]
				if here != there {
					t.Fatalf("%+v: entry (%d, %d) is %v, its mirror %v", sides, i, j, here, there)
				}
				if s.at(ix, iz, jx-ix, jz-iz) != s.rowPtr[i]+q {
					t.Fatalf("entry (%d, %d) is looked for at the wrong place", i, j)
				}
				if here == 0 {
					t.Fatalf("entry (%d, %d) is zero", i, j)
				}
			}
		}
	}
}

func TestTaps(t *testing.T) {
	for r := 1; r <= len(hicksB); r++ {
		if ts := taps(5+1e-12, r); len(ts) != 1 || ts[0] != (tap{5, 1}) {
			t.Errorf("half width %d: a point on a node has weights %v", r, ts)
		}
		sum, first := 0., 0.
		for _, a := range taps(5.3, r) {
			sum += a.weight
			first += a.weight * float64(a.node)
		}
		if r >= 4 && (sum < 0.999 || sum > 1.001 || first < 5.29 || first > 5.31) {
			t.Errorf("half width %d: sum %g, centre %g", r, sum, first)
		}
	}
	for _, c := range []struct {
		j, n   int
		lo, hi Side
		node   int
		sign   float64
	}{{-3, 10, Absorb, Absorb, -3, 1}, {-3, 10, Free, Absorb, 3, -1}, {-3, 10, Rigid, Absorb, 3, 1}, {12, 10, Free, Free, 8, -1}, {12, 10, Free, Absorb, 12, 1}} {
		if node, sign, ok := fold(c.j, c.n, c.lo, c.hi); node != c.node || sign != c.sign || !ok {
			t.Errorf("node %d of %d folds to %d, %g, %v", c.j, c.n, node, sign, ok)
		}
	}
}

// at is the place of the value that couples unknown (ix, iz) to its neighbour (ix+dx, iz+dz).
func (s *structure) at(ix, iz, dx, dz int) int {
	wide, before := 1, 0
	if ix > 0 {
		wide++
		before++
	}
	if ix < s.nx-1 {
		wide++
	}
	up := dz
	if iz > 0 {
		up++
	}
	return s.rowPtr[iz*s.nx+ix] + up*wide + before + dx
}
