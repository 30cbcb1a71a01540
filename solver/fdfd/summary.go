package fdfd

import (
	"fmt"
	"strconv"
	"time"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/sparse"
)

// Freq is the frequency in Hz.
func (k *Kernel) Freq() float64 { return k.freq }

// Unknowns is the number of rows of the matrix.
func (k *Kernel) Unknowns() int {
	if k.empty() {
		return 0
	}
	return k.factor.N()
}

func (k *Kernel) empty() bool { return k == nil || k.factor == nil }

// Bytes is the memory that the kernel holds, fields kept for derivatives among it. Kernels of one size share the symbolic part, which is not counted.
func (k *Kernel) Bytes() int64 {
	if k.empty() {
		return 0
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	cells := int64(k.model.Cells())
	return k.factor.Bytes() + k.kept.bytes() + cells*(16+8+64) + cells*8*3
}

// PointsPerWavelength is the smallest number of cells in a wavelength, over the model.
func (k *Kernel) PointsPerWavelength() float64 {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.points
}

// Took is how long the last NewKernel or Update needed.
func (k *Kernel) Took() time.Duration {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.took
}

// Grid is the model's grid.
func (k *Kernel) Grid() solver.Grid {
	if k.empty() {
		return solver.Grid{}
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.model.Grid
}

// Model returns a copy of the model; nil for an empty kernel.
func (k *Kernel) Model() *solver.Model {
	if k.empty() {
		return nil
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.model.Clone()
}

// Layers returns the absorbing layers in use, in the order top, right, bottom, left.
func (k *Kernel) Layers() [4]Layer { return k.lay }

// Factor tells of the factorisation.
func (k *Kernel) Factor() sparse.Report {
	if k.empty() {
		return sparse.Report{}
	}
	return k.factor.Report()
}

// Row is the kernel's line in a table.
func (k *Kernel) Row() [][2]string {
	return [][2]string{
		{"frequency (Hz)", strconv.FormatFloat(k.freq, 'g', 6, 64)},
		{"unknowns", strconv.Itoa(k.Unknowns())},
		{"MB", strconv.FormatFloat(float64(k.Bytes())/1e6, 'f', 1, 64)},
		{"seconds", strconv.FormatFloat(k.Took().Seconds(), 'f', 2, 64)},
		{"points per wavelength", strconv.FormatFloat(k.PointsPerWavelength(), 'f', 1, 64)},
	}
}

// String is the kernel in one line.
func (k *Kernel) String() string {
	switch {
	case k == nil:
		return "<nil>"
	case k.empty():
		return "empty FDFD kernel"
	}
	return fmt.Sprintf("FDFD kernel at %.6g Hz: %d unknowns, %.1f MB, made in %.2f s, %.1f points per wavelength", k.freq, k.Unknowns(),
		float64(k.Bytes())/1e6, k.Took().Seconds(), k.PointsPerWavelength())
}
