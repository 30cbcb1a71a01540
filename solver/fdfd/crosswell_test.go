package fdfd_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// crosswell is the block between two wells: a gradient, three thin beds, a slow ellipse.
func crosswell(x, z float64) solver.Props {
	v := 2500 + 2*z
	for _, b := range [][3]float64{{45, 6, -300}, {80, 9, 250}, {120, 5, -200}} {
		if s := b[0] + 8*math.Sin(2*math.Pi*x/400); z > s && z < s+b[1] {
			v += b[2]
		}
	}
	if u, w := (x-150)/40, (z-95)/18; u*u+w*w < 1 {
		v -= 350
	}
	return solver.Props{C: v}
}

// Data in three dimensions between two wells, from eight wavenumbers along y, against blocks refined by two with sixteen.
func TestCrosswell(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	raw, err := os.ReadFile("testdata/crosswell.json")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Model     struct{ Nx, Nz int }
		F         float64
		Npml      int
		SourceX   float64   `json:"source_x_node"`
		SourceZ   []float64 `json:"source_z_nodes"`
		ReceiverX float64   `json:"receiver_x_node"`
		ReceiverZ []float64 `json:"receiver_z_nodes"`
		Re, Im    [][]float64
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	m, err := solver.Average(solver.Grid{Nx: c.Model.Nx, Nz: c.Model.Nz, Dx: 1, Dz: 1}, 1, crosswell)
	if err != nil {
		t.Fatal(err)
	}
	var src, rec []solver.Point
	for _, z := range c.SourceZ {
		src = append(src, solver.At(c.SourceX, z))
	}
	for _, z := range c.ReceiverZ {
		rec = append(rec, solver.At(c.ReceiverX, z))
	}
	slow, fast := m.Range()
	contour := fdfd.Contour{N: 8, Phi: math.Pi / 4, Tau: 0.2, T: 1.5, K: 2 * math.Pi * c.F / slow}
	k, err := fdfd.NewKernel25D(m, c.F, contour, fdfd.Absorbing(fdfd.Layer{Cells: c.Npml, R: 1e-6, M: 2, C0: fast}))
	if err != nil {
		t.Fatal(err)
	}
	got, err := k.Data(src, rec)
	if err != nil {
		t.Fatal(err)
	}
	var want []complex128
	for i := range c.Re {
		for j := range c.Re[i] {
			want = append(want, complex(c.Re[i][j], c.Im[i][j]))
		}
	}
	if e := solvertest.RelError(got.Values, want); !(e < 2.3e-3) {
		t.Errorf("error %.2g, allowed 0.0023", e)
	}
}
