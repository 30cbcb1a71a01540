// Package exact holds fields of point sources that are known by formula: in homogeneous media, under a mirror, in flat layers, in
// elliptic and transversely isotropic media. They are what finite differences are compared with, in tests and in notebooks.
//
// Units and signs are those of package solver: metres, wavenumbers in rad/m, time factor e^{−iωt}, depth downwards. A source of strength
// 1/ρ, with ρ the density where it is, makes (i/4)H₀⁽¹⁾(kr) in two dimensions and e^{ikr}/(4πr) in three. Wavenumbers may be complex with
// a positive imaginary part, which is attenuation.
//
// Relative accuracy is 1e-11 and better, within the limits that each function states. The package knows nothing of grids and operators.
package exact
