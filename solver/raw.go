package solver

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
)

// RawOption says how a raw file is to be read.
type RawOption func(*rawOptions)

type rawOptions struct{ nodes bool }

// Nodes says that the samples of a raw file lie on the corners of cells, not in their middles: nx×nz samples become (nx−1)×(nz−1)
// cells, see FromNodes.
func Nodes() RawOption { return func(o *rawOptions) { o.nodes = true } }

// ReadRaw reads a model of speeds from a file of nx·nz little-endian 32-bit floats in m/s, row by row from the top, x fastest:
// sample ix of row iz is number iz·nx+ix. h is their distance in metres. Samples are cells unless Nodes says otherwise. The file must
// have exactly that size, and every value must be positive and finite: an error names the first that is not.
func ReadRaw(path string, nx, nz int, h float64, opts ...RawOption) (*Model, error) {
	var o rawOptions
	for _, f := range opts {
		f(&o)
	}
	g := Grid{Nx: nx, Nz: nz, Dx: h, Dz: h}
	if err := g.Check(); err != nil {
		return nil, fmt.Errorf("solver: reading %s: %w", path, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("solver: reading a model: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("solver: reading a model: %w", err)
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("solver: reading %s: not a file", path)
	}
	if want := int64(g.Cells()) * 4; st.Size() != want {
		return nil, fmt.Errorf("solver: reading %s: it has %d bytes, %d×%d samples of 4 bytes are %d", path, st.Size(), nx, nz, want)
	}
	c, err := speeds(f, nx, nz)
	if err != nil {
		return nil, fmt.Errorf("solver: reading %s: %w", path, err)
	}
	m := &Model{Grid: g, C: c}
	if o.nodes {
		if m, err = FromNodes(nx, nz, h, c, nil, nil); err != nil {
			return nil, fmt.Errorf("solver: reading %s: %w", path, err)
		}
	}
	m.Name = filepath.Base(path)
	return m, nil
}

// speeds reads nx·nz samples and nothing more.
func speeds(r io.Reader, nx, nz int) ([]float64, error) {
	c := make([]float64, 0, min(nx*nz, 1<<20)) // grows with what is really there
	b := bufio.NewReaderSize(r, 1<<16)
	var buf [4]byte
	for i := range nx * nz {
		if _, err := io.ReadFull(b, buf[:]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("sample %d: %w", i, err)
		}
		v := float64(math.Float32frombits(binary.LittleEndian.Uint32(buf[:])))
		if !positive(v) {
			return nil, fmt.Errorf("sample %d (ix %d, iz %d) is %g m/s", i, i%nx, i/nx, v)
		}
		c = append(c, v)
	}
	if _, err := io.ReadFull(b, buf[:1]); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("there is more after sample %d", nx*nz-1)
	}
	return c, nil
}
