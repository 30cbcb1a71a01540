package files

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/galeproject/gale/solver"
)

// The models of an OMEGA project: SEG-Y files beside <name>.ini, a trace for each column of nodes.
//
//	.vp speed, m/s    .qp 1/Q    .rho density, kg/m³    .eps2d ε    .del2d δ    .theta tilt, radians
//
// The .ini file is one of fixed columns that no public document gives, so it is neither read nor written: nx, nz and the distance of
// samples are the SEG-Y files' own or the caller's.

// ReadProject reads the models of an OMEGA project, name being the files' path without ending. Only .vp must be there. h is the distance
// of samples in metres, 0 takes it from .vp as [ReadModel] does. Samples are cells here; where a program means nodes, convert with
// solver.FromNodes.
func ReadProject(name string, h float64) (*solver.Model, error) {
	g, c, err := segySpeeds(name+".vp", h)
	if err != nil {
		return nil, err
	}
	m := &solver.Model{Grid: g, C: c, Name: filepath.Base(name)}
	for _, f := range []struct {
		ending string
		to     *[]float64
	}{{".rho", &m.Rho}, {".qp", &m.Q}, {".eps2d", &m.Eps}, {".del2d", &m.Delta}, {".theta", &m.Theta}} {
		path := name + f.ending
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		other, v, err := segySpeeds(path, 1)
		if err != nil {
			return nil, err
		}
		if other.Nx != g.Nx || other.Nz != g.Nz {
			return nil, fmt.Errorf("files: reading %s: %d×%d samples, the speeds have %d×%d", path, other.Nx, other.Nz, g.Nx, g.Nz)
		}
		*f.to = v
	}
	for i, loss := range m.Q {
		if m.Q[i] = 1 / loss; loss == 0 {
			m.Q[i] = math.Inf(1)
		}
	}
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("files: reading %s.vp and what belongs to it: %w", name, err)
	}
	return m, nil
}

// WriteProject writes a model as the SEG-Y files of an OMEGA project: .vp, and of the others those that the model has.
func WriteProject(name string, m *solver.Model) error {
	if err := m.Check(); err != nil {
		return fmt.Errorf("files: writing %s.vp: %w", name, err)
	}
	var loss []float64
	for _, q := range m.Q {
		loss = append(loss, 1/q)
	}
	for _, f := range []struct {
		ending string
		v      []float64
	}{{".vp", m.C}, {".rho", m.Rho}, {".qp", loss}, {".eps2d", m.Eps}, {".del2d", m.Delta}, {".theta", m.Theta}} {
		if f.v == nil {
			continue
		}
		if err := WriteSEGY(name+f.ending, modelSEGY(&solver.Model{Grid: m.Grid, C: f.v})); err != nil {
			return err
		}
	}
	return nil
}
