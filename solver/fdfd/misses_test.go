package fdfd_test

import (
	"testing"

	"github.com/galeproject/gale/solver/fdfd"
)

// What a forecast expects of anisotropic media is what comes over ten wavelengths, within a factor of 1.5, three close to where the grid
// begins to carry the slow wave; with safer weights too.
func TestForecastOfAnisotropy(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, c := range []struct {
		g                 int
		eps, delta, theta float64
		factor            float64
	}{
		{4, .3, 0, .5, 1.5},
		{5, .3, 0, .5, 1.5},
		{6, .3, 0, .5, 1.5},
		{7, .3, 0, .5, 1.5},
		{8, .3, 0, .5, 1.5},
		{4, .3, 0, 0, 1.5},
		{6, .3, 0, 0, 1.5},
		{8, .3, 0, .785, 1.5},
		{6, .3, 0, .785, 3},
		{4, .2, 0, .5, 1.5},
		{4, .2, .1, 0, 1.5},
		{6, .2, .1, .5, 1.5},
		{5, .1, 0, .5, 1.5},
		{4, .2, .2, .5, 1.5},
		{6, .3, .2, .5, 1.5},
	} {
		m := axial(t, 10, c.g, c.eps, c.delta, c.theta)
		opts := []fdfd.Option{fdfd.SafeWeights(), fdfd.Absorbing(fdfd.Layer{M: 3})}
		f, err := fdfd.Forecast(m, 20, opts...)
		if err != nil {
			t.Fatal(err)
		}
		k, err := fdfd.NewKernel(m, 20, opts...)
		if err != nil {
			t.Fatal(err)
		}
		e := away(t, k, c.eps, c.delta, c.theta, 3)
		t.Logf("%+v: expected %.2g, came %.2g", c, f.Expected, e)
		if e > c.factor*f.Expected || e < f.Expected/c.factor || k.Report().Expected != f.Expected {
			t.Errorf("%+v: expected %.2g, came %.2g", c, f.Expected, e)
		}
		if e > 0.04 && len(k.Warnings()) == 0 && c.factor < 3 {
			t.Errorf("%+v: no warning", c)
		}
	}
	if _, err := fdfd.Forecast(axial(t, 4, 8, 0.2, 0, 0), 20); err == nil {
		t.Error("a forecast of what is refused")
	}
}
