package solver_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver"
)

// The sections are those of an independent implementation: hashes of their values in hundredths.
func TestSections(t *testing.T) {
	for _, c := range []struct {
		name   string
		nx, nz int
		h      float64
		hash   string
	}{
		{"marmousi", 180, 60, 50, "a4e9926ee3339c19709fc8b2bdc36b79403c1461c074796cf0fd9eb1a261b176"},
		{"marmousi", 360, 120, 25, "779f909e7d594d09255a30665878aff0945cb6991dccaf5acfbe97d4b97b0033"},
		{"salt", 240, 80, 50, "1e42e496e8a1f4c9cf57f4c1e87b6fcaa4610f87766b1ee92fb58d476c02afa1"},
		{"layers5", 160, 80, 25, "59eaeda14cc919c2e562f6ef5f5bd3228e0edbac904ffc233760525f0beac690"},
		{"wedge", 160, 80, 25, "8c560c867e934e42b2190d267900e13ff2a4c8b0210abb68cb54345f16ce6bb9"},
		{"camembert", 80, 80, 25, "2e0394da8fa3924733721f7fc089917e86f035087a9f84164923e4a519f88e72"},
		{"crosswell", 264, 164, 1, "2dea47bd0ee2d7e6bdf8a534e4960ea6a0fe250b61650442cadce2cbf51b7b87"},
		{"fold", 120, 60, 50, "ffdb6195a3915342c2c166fecf68ff06b0c6f8d07fa27ea0d93af71de73a8f9a"},
	} {
		m, err := solver.Section(c.name, c.h, 1)
		if err != nil {
			t.Fatal(err)
		}
		if m.Nx != c.nx || m.Nz != c.nz {
			t.Errorf("%s: %v", c.name, m)
		}
		if got := sectionHash(m); got != c.hash {
			t.Errorf("%s of %g m has hash %s, want %s", c.name, c.h, got, c.hash)
		}
		if _, err := solver.Section(c.name, c.h, 4); err != nil {
			t.Errorf("%s, averaged: %v", c.name, err)
		}
	}
	if len(solver.Sections()) != 7 {
		t.Errorf("sections %q", solver.Sections())
	}
	for want, f := range map[string]func() (*solver.Model, error){
		`there is no "moon"`: func() (*solver.Model, error) { return solver.Section("moon", 10, 1) },
		"cells of -1 m":      func() (*solver.Model, error) { return solver.Section("salt", -1, 1) },
		"cells of NaN m":     func() (*solver.Model, error) { return solver.Section("salt", math.NaN(), 1) },
		"cells of 5000 m":    func() (*solver.Model, error) { return solver.Section("salt", 5000, 1) },
		"0 points a side":    func() (*solver.Model, error) { return solver.Section("salt", 50, 0) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// sectionHash is SHA-256 over little-endian int32 of ⌊value·scale+½⌋, field by field.
func sectionHash(m *solver.Model) string {
	h := sha256.New()
	for _, f := range []struct {
		v     []float64
		scale float64
	}{{m.C, 100}, {m.Rho, 100}, {m.Q, 1}, {m.Eps, 1e6}, {m.Delta, 1e6}, {m.Theta, 1e6}} {
		for _, v := range f.v {
			_ = binary.Write(h, binary.LittleEndian, int32(math.Floor(v*f.scale+0.5)))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
