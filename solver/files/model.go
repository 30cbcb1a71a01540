package files

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/galeproject/gale/solver"
)

// ReadModel reads a model of speeds in m/s, one value a cell, by the name's ending: .npy holds Nz×Nx numbers; .sgy, .segy hold a trace
// for each column of cells. h is the side of a cell in metres; 0 takes it from a SEG-Y file: rows from the interval, in millimetres of
// depth, columns from the distance of receivers, which must be the same everywhere. For files of nothing but numbers see
// solver.ReadRaw.
func ReadModel(path string, h float64) (*solver.Model, error) {
	var g solver.Grid
	var c []float64
	var err error
	switch ending(path) {
	case ".npy":
		if !(h > 0) {
			return nil, fmt.Errorf("files: reading %s: give the side of its cells in metres, %g is none: a .npy file does not say it", path, h)
		}
		g, c, err = npySpeeds(path, h)
	case ".sgy", ".segy":
		g, c, err = segySpeeds(path, h)
	default:
		return nil, fmt.Errorf("files: reading %s: models are read from .npy, .sgy and .segy", path)
	}
	if err != nil {
		return nil, err
	}
	m := &solver.Model{Grid: g, C: c, Name: filepath.Base(path)}
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("files: reading %s: %w", path, err)
	}
	return m, nil
}

func ending(path string) string { return strings.ToLower(filepath.Ext(path)) }

func npySpeeds(path string, h float64) (solver.Grid, []float64, error) {
	a, err := ReadNPY(path)
	if err != nil {
		return solver.Grid{}, nil, err
	}
	if len(a.Shape) != 2 || a.Float == nil {
		return solver.Grid{}, nil, fmt.Errorf("files: reading %s: a model is a table of depth × distance of real numbers, this has shape %v of %s", path, a.Shape, a.Type)
	}
	return solver.Grid{Nx: a.Shape[1], Nz: a.Shape[0], Dx: h, Dz: h}, a.Float, nil
}

func segySpeeds(path string, h float64) (g solver.Grid, c []float64, err error) {
	f, err := ReadSEGY(path)
	if err != nil {
		return g, nil, err
	}
	unit := 1.
	if f.Feet {
		unit = 0.3048
	}
	g = solver.Grid{Nx: len(f.Traces), Nz: f.Samples, Dx: h, Dz: h}
	if h == 0 {
		if g.Dx, err = columns(f.Traces); err != nil {
			return g, nil, fmt.Errorf("files: reading %s: %w; give the side of a cell", path, err)
		}
		g.Dx *= unit
		g.Dz = f.Interval / 1000 * unit
		g.X0 = f.Traces[0].RecX*unit - g.Dx/2
		g.Z0 = f.Traces[0].Delay // a model's first interface, in metres
	}
	c = make([]float64, g.Nx*g.Nz)
	for ix, t := range f.Traces {
		for iz, v := range t.Values {
			c[iz*g.Nx+ix] = v
		}
	}
	return g, c, nil
}

// columns is the distance of traces.
func columns(ts []Trace) (float64, error) {
	if len(ts) < 2 {
		return 0, errors.New("one trace does not tell how wide it is")
	}
	d := (ts[len(ts)-1].RecX - ts[0].RecX) / float64(len(ts)-1)
	for i := 1; i < len(ts); i++ {
		if got := ts[i].RecX - ts[i-1].RecX; !(math.Abs(got-d) <= 0.02*math.Abs(d)) {
			return 0, fmt.Errorf("traces %d and %d are %g apart, the mean is %g", i-1, i, got, d)
		}
	}
	if !(d > 0) {
		return 0, fmt.Errorf("traces are %g apart", d)
	}
	return d, nil
}

// WriteModel writes a model's speeds by the name's ending: .npy as Nz×Nx float64, .sgy and .segy as a trace for each column in IEEE
// floats (revision 1, or 2 where that cannot hold the model), .f32 as nothing but little-endian floats, row by row.
func WriteModel(path string, m *solver.Model) error {
	if err := m.Check(); err != nil {
		return fmt.Errorf("files: writing %s: %w", path, err)
	}
	switch ending(path) {
	case ".npy":
		return WriteNPY(path, &Array{Shape: []int{m.Nz, m.Nx}, Float: m.C})
	case ".sgy", ".segy":
		return WriteSEGY(path, modelSEGY(m))
	case ".f32":
		k, _ := kindOf("<f4")
		return Write(path, func(w io.Writer) error {
			b := make([]byte, 0, 4*m.Nx)
			for i := 0; i < len(m.C); i += m.Nx {
				b = b[:0]
				for _, v := range m.C[i : i+m.Nx] {
					b = k.appendFloat(b, v)
				}
				if _, err := w.Write(b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return fmt.Errorf("files: writing %s: models are written as .npy, .sgy, .segy and .f32", path)
}

func modelSEGY(m *solver.Model) *SEGY {
	f := &SEGY{
		Text: fmt.Sprintf("C 1 MODEL, A TRACE FOR EACH COLUMN OF CELLS\nC 2 %d COLUMNS OF %g M, %d ROWS OF %g M\nC 3 INTERVAL IN MILLIMETRES OF DEPTH, RECEIVER X AND CDP X IN METRES, DELAY IN METRES",
			m.Nx, m.Dx, m.Nz, m.Dz),
		Revision: 1, Interval: m.Dz * 1000, Samples: m.Nz,
	}
	if f.Samples > math.MaxUint16 || f.Interval > math.MaxUint16 || f.Interval != math.Round(f.Interval) {
		f.Revision = 2
	}
	for ix := range m.Nx {
		x := m.Center(ix, 0).X
		t := Trace{Shot: 1, Channel: ix + 1, Ensemble: ix + 1, SrcX: x, RecX: x, Delay: math.Round(m.Z0), Values: make([]float64, m.Nz)}
		for iz := range t.Values {
			t.Values[iz] = m.C[iz*m.Nx+ix]
		}
		f.Traces = append(f.Traces, t)
	}
	return f
}
