package sparse

import "testing"

var raw = Refine{Steps: -1}

func TestDense(t *testing.T) {
	r := random(1)
	sizes := [][2]int{{1, 1}, {1, 2}, {2, 1}, {1, 9}, {17, 1}, {2, 2}, {3, 3}, {5, 4}, {7, 7}, {8, 9}, {13, 11}, {29, 7}, {5, 31}, {24, 19}}
	counts := []int{1, 2, 3, 4, 5, 7, 8, 12, 13, 24, 25, 47, 48, 49, 52, 100}
	k := 0
	for _, sz := range sizes {
		p, val := nine(r, sz[0], sz[1], 20)
		for _, o := range []Orderer{Grid(sz[0], sz[1]), Natural()} {
			for threads := 1; threads <= 3; threads++ {
				n := counts[k%len(counts)]
				k++
				f := solver(t, p, val, o, FactorOptions{Threads: threads, Refine: raw})
				b := randomColumns(r, p.N(), n)
				x := clone(b)
				if err := f.Solve(t.Context(), x); err != nil {
					t.Fatalf("%v %T threads %d columns %d: %v", sz, o, threads, n, err)
				}
				if e := distance(x, gauss(p, val, b)); !(e < 1e-12) {
					t.Errorf("%v %T threads %d columns %d: error %.1e", sz, o, threads, n, e)
				}
			}
		}
	}
}
