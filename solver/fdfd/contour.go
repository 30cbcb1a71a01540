package fdfd

// Term is a cross-line wavenumber in radians per metre and what its two-dimensional field is multiplied by in the sum.
type Term struct{ Ky, Weight complex128 }
