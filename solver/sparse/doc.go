// Package sparse solves A·x = b for sparse complex symmetric A (A = Aᵀ, not Hermitian, indefinite), as the wave
// equation in the frequency domain makes them.
//
// The method is direct: an order by nested dissection of a grid, or by approximate minimum degree of any other graph, a symbolic factorization that all matrices of one pattern
// share, a multifrontal A = L·D·Lᵀ without row exchanges on dense blocks, block solves, and iterative refinement.
//
//	p, err := sparse.NewPattern(n, rowPtr, col)
//	s, err := sparse.Analyze(ctx, p, sparse.Grid(nx, nz), sparse.Options{})
//	f, err := s.Factor(ctx, values, sparse.FactorOptions{})
//	err = f.Solve(ctx, columns)
//
// A Symbolic is immutable: any number of goroutines and factors use it at once. A Factor may solve for many
// callers at once; Refactor waits for them and keeps them out. Results do not depend on the number of threads,
// bit for bit, and a column's result does not depend on the columns solved with it, except that one or two columns in a
// call go another way, one by one, which rounds otherwise.
//
// L may be kept in single precision (FactorOptions.Single): half the memory, and refinement in double precision to the
// same tolerance.
//
// Instead of exchanging rows a pivot that is too small is replaced and counted (see FactorOptions.Guard);
// refinement repairs the solution, and the residual is in the Report. Bad input gives an error that names the row;
// memory is stated by Cost before it is taken and refused above a limit.
//
// The package never pivots for stability, never prints, logs or exits, keeps no global state, reads no files and
// never modifies the matrix given to it.
//
// Literature: George 1973 (nested dissection), Amestoy, Davis and Duff 1996 (minimum degree), Duff and Reid 1983 and Liu 1992 (multifrontal method),
// Li and Demmel 1998 (static pivoting).
package sparse
