// Package files reads and writes what the wave problem is made of: models, data and seismograms, in the formats of its neighbours.
//
//   - numpy's .npy, versions 1 to 3, C and Fortran order ([ReadNPY], [WriteNPY]);
//   - SEG-Y, revisions 0 to 2, IBM and IEEE floats ([ReadSEGY], [WriteSEGY]), for models and for shot gathers;
//   - OMEGA's models and its data, .utout, as far as their layout is known ([ReadProject], [ReadUTOUT]).
//
// [ReadModel] and [WriteModel] choose the format by the name's ending.
//
// Whoever wrote a file is not trusted. Sizes are checked against what is there before memory is taken for them, and what is wrong is an
// error of type *[FormatError] that tells the byte. Files are written beside their place and then renamed, so that nobody sees half a
// file and a crash leaves the old one.
//
// The package never computes a wave, and never changes a value given to it.
package files
