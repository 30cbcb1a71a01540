// Package fdfd solves the acoustic wave equation of one frequency on a grid of cells by finite differences,
//
//	∇·(ρ⁻¹∇p) + k²ρ⁻¹p = −s,   k² = ω²/c² − k_y²,
//
// with absorbing layers, free or rigid sides, attenuation, and sources and receivers anywhere between the nodes.
//
// A [Kernel] is a model and a frequency with the factorised matrix. Making one is the expensive part; after that [Kernel.Data],
// [Kernel.Field] and [Kernel.Gradient] cost a solve for each source, and [Kernel.Update] changes the model on the same structure.
// Kernels of grids of one size in one process share the symbolic part of the factorisation.
//
// [Kernel.Forward], [Kernel.Jvec], [Kernel.Jtvec] and [Kernel.Misfit] are the data of any survey, their derivative by the model, its
// adjoint, and the gradient of any misfit. A [Kernel25D] has the same methods for point sources in three dimensions over a section that
// does not change across: it holds a kernel for each of eight or more cross-line wavenumbers. Models with Eps, Delta and Theta are
// transversely isotropic; derivatives are not known for them. [Forecast] tells before any work how accurate a kernel will be.
//
// Signs: the time factor is e^{−iωt}, waves leave a source as e^{+ikr}, a source of strength w = 1/ρ in a homogeneous medium makes
// p = (i/4)H₀⁽¹⁾(kr). Sources have strength 1 unless
// their survey says otherwise. The matrix is symmetric to the last bit, so data are reciprocal.
//
// The operator is a nine-point one whose mass weights follow the local wavenumber so that plane waves of 16 directions are
// solutions exactly (phase velocity to 3e-5 and less from 4 points per wavelength). Models coarser than 2.2 points per wavelength are
// refused. What makes a result inexact is then, in this order: interfaces that cut through cells, where the model is a staircase
// (see solver.Average); strong contrasts in single cells, 1 to 2 % at 4 points per wavelength; the absorbing layer, when it is thin
// against the wavelength.
//
// Errors name the value, the cell, the source or the receiver, and come before any work. The package knows nothing of engines and
// networks, keeps no state but the shared symbolic part, and never changes a model given to it.
package fdfd
