// Package solver holds what users of the wave problem hold in their hands: a [Model] of the ground on a [Grid] of cells, [Point]s
// of a survey, [Data] that it would record, a [Field] of pressure and an [Image] of one number a cell. Package solver/fdfd computes
// the ones from the others.
//
// Units are metres, m/s, kg/m³ and Hz. x points right, z points down; arrays are row by row with z outermost. Models live on
// cells, pressure on their corners, the nodes: Nx×Nz cells have (Nx+1)×(Nz+1) nodes. The time factor is e^{−iωt}, so waves that
// leave a source go as e^{+ikr}.
//
// All types are plain exported data: slices and numbers, no locks, channels or functions. They can be copied, sent and compared. They
// show themselves as pictures with axes, colour bar and range. A type's text is one line.
//
// The package never computes a wave, prints, or changes a value that was given to it.
package solver
