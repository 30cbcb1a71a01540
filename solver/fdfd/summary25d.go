package fdfd

import (
	"fmt"
	"strconv"
	"time"

	"github.com/galeproject/gale/solver"
)

// Freq is the frequency in Hz.
func (k *Kernel25D) Freq() float64 { return k.freq }

// Contour is the path of cross-line wavenumbers.
func (k *Kernel25D) Contour() Contour { return k.contour }

// Terms are the kernels of the wavenumbers, in the order of Contour.Terms. What they compute are shares.
func (k *Kernel25D) Terms() []*Kernel { return append([]*Kernel(nil), k.terms...) }

// Model returns a copy of the model.
func (k *Kernel25D) Model() *solver.Model {
	if k.empty() {
		return nil
	}
	return k.terms[0].Model()
}

// Grid is the model's grid.
func (k *Kernel25D) Grid() solver.Grid {
	if k.empty() {
		return solver.Grid{}
	}
	return k.terms[0].Grid()
}

// Unknowns is the number of rows of each matrix.
func (k *Kernel25D) Unknowns() int {
	if k.empty() {
		return 0
	}
	return k.terms[0].Unknowns()
}

// Bytes is the memory that all terms hold.
func (k *Kernel25D) Bytes() (n int64) {
	for _, t := range k.terms {
		n += t.Bytes()
	}
	return n
}

// Forget lets go of the fields that are kept for derivatives.
func (k *Kernel25D) Forget() {
	for _, t := range k.terms {
		t.Forget()
	}
}

// PointsPerWavelength is the smallest number of cells in a wavelength, over the model.
func (k *Kernel25D) PointsPerWavelength() float64 {
	if k.empty() {
		return 0
	}
	return k.terms[0].PointsPerWavelength()
}

// Took is how long the last NewKernel25D or Update needed.
func (k *Kernel25D) Took() time.Duration {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.took
}

// Warnings are doubts about the accuracy of what the kernel computes, in words; of the contour for the surveys it has been given too.
func (k *Kernel25D) Warnings() []string { return k.Report().Warnings }

// Row is the kernel's line in a table.
func (k *Kernel25D) Row() [][2]string {
	return [][2]string{
		{"frequency (Hz)", strconv.FormatFloat(k.freq, 'g', 6, 64)},
		{"wavenumbers", strconv.Itoa(len(k.terms))},
		{"unknowns", strconv.Itoa(k.Unknowns())},
		{"MB", strconv.FormatFloat(float64(k.Bytes())/1e6, 'f', 1, 64)},
		{"seconds", strconv.FormatFloat(k.Took().Seconds(), 'f', 2, 64)},
		{"points per wavelength", strconv.FormatFloat(k.PointsPerWavelength(), 'f', 1, 64)},
	}
}

// String is the kernel in one line.
func (k *Kernel25D) String() string {
	switch {
	case k == nil:
		return "<nil>"
	case k.empty():
		return "empty FDFD kernel for 2.5-D"
	}
	return fmt.Sprintf("FDFD kernel for 2.5-D at %.6g Hz: %d wavenumbers, %d unknowns each, %.1f MB, made in %.2f s, %.1f points per wavelength",
		k.freq, len(k.terms), k.Unknowns(), float64(k.Bytes())/1e6, k.Took().Seconds(), k.PointsPerWavelength())
}

func (k *Kernel25D) empty() bool { return k == nil || len(k.terms) == 0 }
