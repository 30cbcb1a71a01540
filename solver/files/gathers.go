package files

import (
	"fmt"
	"math"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/seismogram"
)

// ReadGathers reads seismograms from SEG-Y: traces of one shot number are one source's, and every source must have the same receivers
// in the same order. A source's place is read from its coordinates and depth, a receiver's from its coordinates and elevation.
func ReadGathers(path string) (*seismogram.Traces, error) {
	f, err := ReadSEGY(path)
	if err != nil {
		return nil, err
	}
	t, err := f.gathers()
	if err != nil {
		return nil, fmt.Errorf("files: reading %s: %w", path, err)
	}
	return t, nil
}

func (f *SEGY) gathers() (*seismogram.Traces, error) {
	if len(f.Traces) == 0 {
		return nil, fmt.Errorf("there are no traces")
	}
	unit := 1.
	if f.Feet {
		unit = 0.3048
	}
	out := &seismogram.Traces{Dt: f.Interval / 1e6, T0: f.Traces[0].Delay / 1000, Nt: f.Samples}
	nrec := 0
	for i, t := range f.Traces {
		src := solver.Point{X: t.SrcX * unit, Y: t.SrcY * unit, Z: t.SrcZ * unit}
		rec := solver.Point{X: t.RecX * unit, Y: t.RecY * unit, Z: t.RecZ * unit}
		if t.Delay != f.Traces[0].Delay {
			return nil, fmt.Errorf("trace %d begins at %g ms, the first at %g ms", i, t.Delay, f.Traces[0].Delay)
		}
		if i == 0 || t.Shot != f.Traces[i-1].Shot {
			if len(out.Src) == 1 {
				nrec = len(out.Rec)
			}
			if i > 0 && i != len(out.Src)*max(nrec, 1) {
				return nil, fmt.Errorf("shot %d begins at trace %d, other shots have %d traces", t.Shot, i, nrec)
			}
			out.Src = append(out.Src, src)
		}
		if n := len(out.Src); n == 1 {
			out.Rec = append(out.Rec, rec)
		} else if j := i - (n-1)*nrec; j >= nrec || out.Rec[j] != rec {
			return nil, fmt.Errorf("trace %d of shot %d has its receiver at %v m, another place than in the first shot", i, t.Shot, rec)
		}
		out.Values = append(out.Values, t.Values...)
	}
	if len(out.Values) != len(out.Src)*len(out.Rec)*out.Nt {
		return nil, fmt.Errorf("%d traces for %d shots of %d receivers", len(f.Traces), len(out.Src), len(out.Rec))
	}
	return out, out.Check()
}

// WriteGathers writes seismograms as SEG-Y of a revision, 0 to 2: IBM floats in revision 0, else IEEE floats of 4 bytes. Before
// revision 2 the interval must be whole microseconds; the first sample's time is rounded to milliseconds.
func WriteGathers(path string, t *seismogram.Traces, revision int) error {
	if err := t.Check(); err != nil {
		return fmt.Errorf("files: writing %s: %w", path, err)
	}
	us := t.Dt * 1e6
	if r := math.Round(us); math.Abs(us-r) < 1e-6*us {
		us = r
	}
	f := &SEGY{
		Text:     fmt.Sprintf("C 1 PRESSURE, %d SOURCES OF %d RECEIVERS\nC 2 COORDINATES IN METRES", len(t.Src), len(t.Rec)),
		Revision: revision, Interval: us, Samples: t.Nt,
	}
	for is, s := range t.Src {
		for ir, r := range t.Rec {
			f.Traces = append(f.Traces, Trace{
				Shot: is + 1, Channel: ir + 1, Ensemble: ir + 1, SrcX: s.X, SrcY: s.Y, SrcZ: s.Z, RecX: r.X, RecY: r.Y, RecZ: r.Z,
				Delay: math.Round(t.T0 * 1000), Values: t.Trace(is, ir),
			})
		}
	}
	return WriteSEGY(path, f)
}
