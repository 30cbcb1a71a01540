// Package gale is the root of the project and holds no code, only the test that keeps the architecture.
//
// gale is a Jupyter kernel for Go with parallel engines, made for seismic modelling and inversion in the frequency domain. Start
// with README.md, then ARCHITECTURE.md; the program is cmd/gale, the public packages are client, display and solver.
package gale
