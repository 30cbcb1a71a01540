package fdfd

import "math"

// Errors of stencils over points per wavelength: of the slope of their symbol, which is that of amplitudes, and of the phase velocity,
// each the largest over directions.
var (
	errorG = []float64{2.2, 2.5, 3, 4, 5, 6, 8, 10, 20}
	slopes = [4][]float64{
		Fit9:      {0.2, 0.097, 0.029, 0.0064, 0.0022, 0.0010, 2.9e-4, 1.2e-4, 6.9e-6},
		JSS:       {0.8, 0.63, 0.42, 0.22, 0.14, 0.10, 0.06, 0.039, 0.010},
		Operto:    {0.8, 0.63, 0.42, 0.22, 0.14, 0.10, 0.06, 0.038, 0.0098},
		FivePoint: {1, 0.9, 0.6, 0.36, 0.24, 0.17, 0.10, 0.065, 0.016},
	}
	phases = [4][]float64{
		Fit9:      {4e-3, 1.2e-3, 2.3e-4, 2.9e-5, 6.4e-6, 2.0e-6, 3.3e-7, 8.4e-8, 1.3e-9},
		JSS:       {0.3, 1.8e-1, 3.0e-2, 2.4e-3, 2.7e-3, 3.1e-3, 2.4e-3, 1.7e-3, 4.7e-4},
		Operto:    {0.3, 2.0e-1, 3.3e-2, 2.4e-3, 2.0e-3, 2.6e-3, 2.1e-3, 1.5e-3, 4.5e-4},
		FivePoint: {0.6, 0.5, 0.3, 1.5e-1, 8.1e-2, 5.2e-2, 2.8e-2, 1.7e-2, 4.2e-3},
	}
)

func (s Stencil) errors(g float64) (slope, phase float64) {
	return at(errorG, slopes[s], g), at(errorG, phases[s], g)
}

// Errors of fields on cells that are not square, by their aspect, with plain points and with fitted ones.
var (
	oblongG      = []float64{4, 6, 10}
	oblongFitted = []float64{0.015, 0.0025, 0.0003}
)

func oblong(aspect, g float64, fitted bool) float64 {
	switch {
	case fitted:
		return at(oblongG, oblongFitted, g)
	case aspect < 1.75:
		return at(oblongG, []float64{0.056, 0.022, 0.007}, g)
	case aspect < 3:
		return at(oblongG, []float64{0.073, 0.029, 0.010}, g)
	default:
		return at(oblongG, []float64{0.089, 0.036, 0.012}, g)
	}
}

// What layers of so many cells reflect with default profiles, in decibels, over points per wavelength.
var (
	layerCells = []float64{5, 10, 15, 20, 30}
	layerG     = []float64{4, 6, 8, 10, 12}
	layerDB    = [5][]float64{
		{32, 28, 27, 26, 26},
		{56, 46, 43, 42, 43},
		{74, 63, 55, 49, 48},
		{84, 80, 69, 60, 55},
		{90, 94, 87, 79, 74},
	}
)

// reflection interpolates between measured layers; beyond them the nearest counts.
func reflection(cells int, g float64) float64 {
	var byCells [5]float64
	for i := range byCells {
		byCells[i] = at(layerG, layerDB[i], min(max(g, 4), 12))
	}
	return -at(layerCells, byCells[:], min(float64(cells), 30)) * min(1, float64(cells)/5)
}

// at interpolates y(x) on logarithmic axes, and goes on as between the last two points, but not below the first x.
func at(x, y []float64, v float64) float64 {
	v = max(v, x[0])
	i := 0
	for i < len(x)-2 && v > x[i+1] {
		i++
	}
	t := math.Log(v/x[i]) / math.Log(x[i+1]/x[i])
	return math.Exp(math.Log(y[i])*(1-t) + math.Log(y[i+1])*t)
}
