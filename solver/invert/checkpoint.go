package invert

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"

	"github.com/galeproject/gale/solver/files"
)

// A checkpoint is a .npz file, a zip of .npy arrays, which numpy.load opens: speed is the model, the rest is what the run needs to go on
// to the last bit. state.json holds the numbers that are no arrays.

// saved is state.json.
type saved struct {
	Version                                        int
	Inversion                                      string // fingerprint
	Stage, Iteration, Evaluations, Products, Began int
	Value, Penalty                                 float64
	Misfits                                        []float64
	Running                                        bool // gradient and memory belong to the stage
	Sources                                        []savedSignature
	Cells, Pairs, Steps                            int
	Shaped                                         bool
}

type savedSignature struct {
	Freq   float64
	Re, Im []float64
}

// version of the file.
const version = 1

// save writes a checkpoint, whole or not at all.
func (s *State) save(path, fingerprint string) error {
	j := saved{
		Version: version, Inversion: fingerprint, Stage: s.Stage, Iteration: s.Iteration, Evaluations: s.Evaluations, Products: s.Products,
		Began: s.Began, Value: s.Value, Cells: len(s.m), Steps: len(s.History), Running: s.now != nil,
	}
	for _, x := range s.Sources {
		g := savedSignature{Freq: x.Freq}
		for _, v := range x.Values {
			g.Re, g.Im = append(g.Re, real(v)), append(g.Im, imag(v))
		}
		j.Sources = append(j.Sources, g)
	}
	arrays := map[string]*files.Array{
		"speed":   {Shape: []int{s.Model.Nz, s.Model.Nx}, Float: s.Model.C},
		"m":       {Shape: []int{len(s.m)}, Float: s.m},
		"history": {Shape: []int{len(s.History), 6}, Float: s.History.table()},
	}
	if s.now != nil {
		j.Penalty, j.Misfits, j.Pairs, j.Shaped = s.now.penalty, s.now.misfits, len(s.s), s.now.shape != nil
		arrays["gradient"] = &files.Array{Shape: []int{len(s.m)}, Float: s.now.grad}
		arrays["steps"] = &files.Array{Shape: []int{len(s.s), len(s.m)}, Float: slices.Concat(s.s...)}
		arrays["changes"] = &files.Array{Shape: []int{len(s.y), len(s.m)}, Float: slices.Concat(s.y...)}
		if j.Shaped {
			arrays["shape"] = &files.Array{Shape: []int{len(s.m)}, Float: s.now.shape}
		}
	}
	err := files.Write(path, func(w io.Writer) error { return pack(w, &j, arrays) })
	if err != nil {
		return fmt.Errorf("invert: saving the state: %w", err)
	}
	return nil
}

func pack(w io.Writer, j *saved, arrays map[string]*files.Array) error {
	z := zip.NewWriter(w)
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	stored := func(name string) (io.Writer, error) { // not deflated: floats do not shrink, and numpy can map them
		return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	}
	f, err := stored("state.json")
	if err == nil {
		_, err = f.Write(text)
	}
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		if err != nil {
			return err
		}
		if f, err = stored(name + ".npy"); err == nil {
			err = files.EncodeNPY(f, arrays[name])
		}
	}
	return errors.Join(err, z.Close())
}

// table is the history as numbers, a row a step.
func (h History) table() []float64 {
	t := make([]float64, 0, 6*len(h))
	for _, s := range h {
		t = append(t, float64(s.Stage), float64(s.Iteration), float64(s.Evaluations), s.Misfit, s.Penalty, s.Length)
	}
	return t
}

// load reads the checkpoint of an inversion. The error wraps fs.ErrNotExist when there is none.
func load(path string, v *Inversion) (*State, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("invert: reading the checkpoint %s: %w", path, err)
	}
	s, err := unpack(raw, v)
	if err != nil {
		return nil, fmt.Errorf("invert: reading the checkpoint %s: %w", path, err)
	}
	return s, nil
}

// unpack checks and reads a checkpoint.
func unpack(raw []byte, v *Inversion) (*State, error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	j, err := unpackState(z, v)
	if err != nil {
		return nil, err
	}
	a := arrays{z: z, n: j.Cells, limit: int64(len(raw))}
	s := &State{
		Stages: v.Stages, Stage: j.Stage, Iteration: j.Iteration, Evaluations: j.Evaluations, Products: j.Products, Began: j.Began, Value: j.Value,
		start: v.Start, m: a.get("m", 1),
	}
	for _, x := range j.Sources {
		g := Signature{Freq: x.Freq}
		for i := range min(len(x.Re), len(x.Im)) {
			g.Values = append(g.Values, complex(x.Re[i], x.Im[i]))
		}
		s.Sources = append(s.Sources, g)
	}
	t := a.rows("history", j.Steps, 6)
	for i := 0; i+6 <= len(t); i += 6 {
		s.History = append(s.History, Step{int(t[i]), int(t[i+1]), int(t[i+2]), t[i+3], t[i+4], t[i+5]})
	}
	if j.Running {
		s.now = &point{m: s.m, grad: a.get("gradient", 1), value: j.Value, penalty: j.Penalty, misfits: j.Misfits, sources: s.Sources}
		s.s, s.y = split(a.get("steps", j.Pairs), j.Cells), split(a.get("changes", j.Pairs), j.Cells)
		if j.Shaped {
			s.now.shape = a.get("shape", 1)
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	for i, m := range s.m {
		if !(m > 0) || math.IsInf(m, 1) {
			return nil, fmt.Errorf("1/c² is %g in cell %d", m, i)
		}
	}
	s.Model = (&objective{start: v.Start, frozen: v.Frozen}).model(s.m)
	return s, nil
}

// unpackState reads state.json and compares it with the inversion that is to go on.
func unpackState(z *zip.Reader, v *Inversion) (*saved, error) {
	f, err := z.Open("state.json")
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, err
	}
	var j saved
	if err := json.Unmarshal(text, &j); err != nil {
		return nil, err
	}
	switch {
	case j.Version != version:
		return nil, fmt.Errorf("version %d, known is %d", j.Version, version)
	case j.Inversion != v.fingerprint():
		return nil, errors.New("it belongs to another inversion: start, stages, bounds or other settings differ; delete it or name another file")
	case j.Cells != v.Start.Cells() || j.Stage < 0 || j.Stage > len(v.Stages) || j.Iteration < 0 || j.Pairs < 0 || j.Pairs > memory || j.Steps < 0:
		return nil, fmt.Errorf("stage %d, iteration %d, %d cells, %d pairs, %d steps", j.Stage, j.Iteration, j.Cells, j.Pairs, j.Steps)
	}
	return &j, nil
}

// arrays reads the arrays of a checkpoint; the first error stays.
type arrays struct {
	z     *zip.Reader
	n     int
	limit int64
	err   error
}

// get reads an array of rows×cells numbers.
func (a *arrays) get(name string, rows int) []float64 { return a.rows(name, rows, a.n) }

func (a *arrays) rows(name string, rows, columns int) []float64 {
	if a.err != nil {
		return nil
	}
	f, err := a.z.Open(name + ".npy")
	if err != nil {
		a.err = err
		return nil
	}
	defer f.Close() //nolint:errcheck // nothing was written
	x, err := files.DecodeNPY(io.LimitReader(f, a.limit))
	if err == nil && (len(x.Float) != rows*columns || x.Complex != nil) {
		err = fmt.Errorf("%d numbers, %d×%d are needed", len(x.Float), rows, columns)
	}
	for i := 0; err == nil && i < len(x.Float); i++ {
		if math.IsNaN(x.Float[i]) || math.IsInf(x.Float[i], 0) {
			err = fmt.Errorf("number %d is %g", i, x.Float[i])
		}
	}
	if err != nil {
		a.err = fmt.Errorf("%s: %w", name, err)
		return nil
	}
	return x.Float
}

func split(v []float64, n int) (rows [][]float64) {
	for ; len(v) >= n && n > 0; v = v[n:] {
		rows = append(rows, v[:n:n])
	}
	return rows
}
