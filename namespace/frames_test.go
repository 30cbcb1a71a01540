package namespace

// inner stands for a function of a cell: the directive gives it a cell's lines.
func inner() {
	var s []int
//line cell[4]:1
	i := 7
	_ = s[i]
}
