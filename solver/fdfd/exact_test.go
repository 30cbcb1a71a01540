package fdfd_test

import (
	"testing"

	"github.com/galeproject/gale/solver/fdfd"
)

// Fields against exact solutions. The allowed errors in the tables are one and a half times those of an independent
// implementation.

func TestHomogeneous(t *testing.T) { run(t, "homogeneous", 6) }

func TestHalfSpaces(t *testing.T) {
	for _, name := range []string{"same", "fast", "fast-dense", "dense", "slow"} {
		t.Run(name, func(t *testing.T) { run(t, "halfspaces-"+name, 4) })
	}
}

func TestAttenuatingLayersUnderFreeSurface(t *testing.T) { run(t, "layers-attenuating-free", 6) }

func TestSurfaces(t *testing.T) {
	t.Run("free", func(t *testing.T) { run(t, "surface-free", 6) })
	t.Run("rigid", func(t *testing.T) { run(t, "surface-rigid", 6) })
}

func TestOffGrid(t *testing.T) {
	for _, name := range []string{"4", "6", "free"} {
		t.Run(name, func(t *testing.T) { run(t, "offgrid-"+name, 6) })
	}
}

func TestAttenuation(t *testing.T) {
	for _, name := range []string{"attenuating", "damped", "attenuating-dispersive-damped"} {
		t.Run(name, func(t *testing.T) { run(t, name, 6) })
	}
}

func TestCrossLine(t *testing.T) {
	for _, name := range []string{"5hz", "2hz5", "12hz", "halfspaces-fast", "halfspaces-slow", "offplane"} {
		if testing.Short() && name != "12hz" {
			continue
		}
		t.Run(name, func(t *testing.T) { run(t, "crossline-"+name, 4) })
	}
}

func TestClassicSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	run(t, "classic-size", 13)
	run(t, "classic-size-crossline", 4)
	run(t, "classic-size-elliptic", 13)
}

func TestRectangularCells(t *testing.T) {
	for _, name := range []string{"1.5", "2", "4", "2-wide"} {
		if testing.Short() && name != "2-wide" {
			continue
		}
		t.Run(name, func(t *testing.T) { run(t, "rectangular-"+name, 4) })
	}
}

func TestAnisotropy(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, name := range []string{"elliptic", "vertical", "tilted", "mild"} {
		t.Run(name, func(t *testing.T) { run(t, "anisotropic-"+name, 6) })
	}
}

// The classic stencils are what they are said to be: some sixty times worse at four points per wavelength.
func TestClassicStencils(t *testing.T) {
	c := load(t, "homogeneous")
	for s, want := range map[fdfd.Stencil][2]float64{fdfd.JSS: {0.28, 0.33}, fdfd.Operto: {0.28, 0.33}, fdfd.FivePoint: {1.5, 1.9}} {
		if e := c.solve(t, 1, false, fdfd.Using(s))["all"]; e < want[0] || e > want[1] {
			t.Errorf("%v: error %.3g, it is known to be between %g and %g", s, e, want[0], want[1])
		}
	}
}
