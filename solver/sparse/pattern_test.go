package sparse

import (
	"encoding/binary"
	"strings"
	"testing"
)

func TestNewPatternRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		n      int
		rowPtr []int
		col    []int32
		want   string
	}{
		"no rows":         {0, []int{0}, nil, "number of rows"},
		"pointers":        {2, []int{0, 1}, []int32{0}, "row pointers"},
		"no pointers":     {1, nil, nil, "row pointers"},
		"start":           {1, []int{1, 1}, []int32{0}, "run from"},
		"end":             {1, []int{0, 2}, []int32{0}, "run from"},
		"backwards":       {2, []int{0, 2, 1}, []int32{0}, "row 0"},
		"over the end":    {2, []int{0, 3, 2}, []int32{0, 1}, "row 0"},
		"empty row":       {2, []int{0, 1, 1}, []int32{0}, "row 1: no entries"},
		"no diagonal":     {2, []int{0, 1, 3}, []int32{1, 0, 1}, "row 0: no diagonal"},
		"outside":         {2, []int{0, 2, 3}, []int32{0, 2, 1}, "row 0: column 2"},
		"negative":        {2, []int{0, 2, 3}, []int32{-1, 0, 1}, "row 0: column -1"},
		"not ascending":   {2, []int{0, 2, 3}, []int32{0, 0, 1}, "row 0: columns"},
		"no mirror below": {2, []int{0, 2, 3}, []int32{0, 1, 1}, "row 0: not symmetric"},
		"no mirror above": {2, []int{0, 1, 3}, []int32{0, 0, 1}, "row 1: not symmetric"},
		"other mirror":    {3, []int{0, 2, 3, 5}, []int32{0, 1, 1, 0, 2}, "row 0: not symmetric"},
	} {
		_, err := NewPattern(c.n, c.rowPtr, c.col)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// FuzzNewPattern checks that whatever NewPattern takes can be factored and solved.
func FuzzNewPattern(f *testing.F) {
	pack := func(n int, rowPtr []int, col []int32) {
		b := []byte{byte(n), byte(len(rowPtr))}
		for _, v := range rowPtr {
			b = binary.LittleEndian.AppendUint16(b, uint16(v))
		}
		for _, v := range col {
			b = binary.LittleEndian.AppendUint16(b, uint16(v))
		}
		f.Add(b)
	}
	p, _ := nine(random(1), 4, 3, 1)
	pack(p.N(), p.RowPtr, p.Col)
	pack(2, []int{0, 2, 4}, []int32{0, 1, 0, 1})
	pack(2, []int{0, 2, 3}, []int32{0, 1, 1})
	pack(1, []int{0, 1}, []int32{0})
	pack(3, []int{0, 2, 1, 3}, []int32{0, -1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 2 {
			return
		}
		n, k := int(b[0]), int(b[1])
		rowPtr, col := []int{}, []int32{}
		for i := 2; i+1 < len(b); i += 2 {
			if v := int16(binary.LittleEndian.Uint16(b[i:])); len(rowPtr) < k {
				rowPtr = append(rowPtr, int(v))
			} else {
				col = append(col, int32(v))
			}
		}
		p, err := NewPattern(n, rowPtr, col)
		if err != nil {
			return
		}
		val := make([]complex128, p.NNZ())
		for i := range n {
			for q, j := range p.Row(i) {
				val[p.RowPtr[i]+q] = -1
				if int(j) == i {
					val[p.RowPtr[i]+q] = complex(float64(n+1), 1)
				}
			}
		}
		for _, o := range []Orderer{Natural(), Dissect()} {
			x := randomColumns(random(1), n, 2)
			if err := solver(t, p, val, o, FactorOptions{Threads: 2}).Solve(t.Context(), x); err != nil {
				t.Fatal(err)
			}
		}
	})
}
