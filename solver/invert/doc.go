// Package invert looks for the model whose data are the observed ones: full-waveform inversion in the frequency domain.
//
// A [Term] is one frequency's share of the misfit: an FDFD kernel, observed data, and how they are compared. Terms live where their
// kernels live, in this process or on engines. An [Inversion] knows them by a [Mapper] only, which puts a [Request] to all of them and
// returns their replies in order: [Serial] asks terms of this process one after the other; [MapperFunc] makes a Mapper of a call to
// objects on engines. Both give the same result to the last bit, since all sums are made here, in the order of the terms.
//
// [Inversion.Run] goes through stages, usually from low to high frequencies, and in each minimises by L-BFGS or by Gauss–Newton with
// conjugate gradients, within bounds, with what the user knows: frozen cells, gains, smoothing, total variation. After each iteration the
// whole [State] can be saved; a run that was killed goes on from it as if nothing had happened.
//
// The unknown of cell i is m = 1/c² in s²/m²; densities and Q of the starting model stay, and a density that is not given follows the
// speed by Gardner's rule. Misfits are divided by those of no data at all, so that 1 is a bad fit and 0 a perfect one.
//
// The package knows nothing of engines and networks, starts no goroutines, never prints, and never changes a model or data given to it.
package invert
