package fdfd

import (
	"testing"

	"github.com/galeproject/gale/solver"
)

// Inner loops allocate nothing: with sixteen times the cells there are hardly more allocations than rows call for.
func TestAllocations(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	measure := func(n int) map[string]float64 {
		m := solver.Homogeneous(n, n, 10, 1500, 1000)
		k, err := NewKernel(m, 20, Threads(1), FieldMemory(0))
		if err != nil {
			t.Fatal(err)
		}
		src, rec := solver.Line(m.Node(2, 2), m.Node(n-2, 2), 5), solver.Line(m.Node(2, 5), m.Node(n-2, 5), 20)
		obs, err := k.Data(src, rec)
		if err != nil {
			t.Fatal(err)
		}
		s := solver.Fixed(src, rec)
		return map[string]float64{
			"assembly": testing.AllocsPerRun(3, func() { k.st.release(k.med.assemble(k.st, 1)) }),
			"points":   testing.AllocsPerRun(3, func() { _, _ = k.Forward(t.Context(), s) }),
			"gradient": testing.AllocsPerRun(3, func() { _, _ = k.Jtvec(t.Context(), obs) }),
			"field":    testing.AllocsPerRun(3, func() { _, _ = k.Field(src[0]) }),
		}
	}
	small, large := measure(40), measure(160)
	for what, n := range large {
		t.Logf("%s: %.0f allocations, %.0f on a sixteenth of the cells", what, n, small[what])
		if n > 3*small[what]+60 {
			t.Errorf("%s: %.0f allocations, %.0f on a sixteenth of the cells", what, n, small[what])
		}
	}
}
