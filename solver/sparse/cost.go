package sparse

import (
	"unsafe"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// Cost is what a factorization takes.
type Cost struct {
	Factor       int64   // bytes of a finished factor, with its copy of the values
	Peak         int64   // bytes at most while factoring
	PerRHS       int64   // bytes per dense right-hand side while solving, beside the caller's columns; twice that in refinement
	Symbolic     int64   // bytes of the Symbolic, once for all factors
	Flops        float64 // real operations of a factorization
	NNZ          int64   // entries of L
	Fronts       int
	LargestFront int // rows
}

// Cost of a factorization in double precision is known before anything is allocated.
func (s *Symbolic) Cost() Cost { return s.cost }

// CostWith is the cost of a factorization with the threads and the precision of opt.
func (s *Symbolic) CostWith(opt FactorOptions) Cost {
	return s.costOf(threads(opt.Threads), opt.Single)
}

const frontBytes = 112

func (s *Symbolic) costOf(threads int, single bool) Cost {
	number := int64(16)
	if single {
		number = 8
	}
	c := Cost{Flops: s.flops, NNZ: s.nnz, Fronts: len(s.fronts), LargestFront: s.largest}
	c.Factor = s.factorBytes(number)
	c.Peak = c.Factor + s.plan(threads).bytes(s, number)
	c.PerRHS = 16*int64(s.N()+kern.Rows) + number*int64(s.maxPiv+s.maxCB+3*kern.Rows)
	if single {
		c.PerRHS += number * int64(s.N())
	}
	c.Symbolic = 4*int64(3*s.N()+len(s.rows)+len(s.child)+3*len(s.runs)+len(s.entry)+len(s.half)) + frontBytes*int64(len(s.fronts))
	return c
}

// factorBytes are those of panels and inverse pivots with numbers of so many bytes, and of the values.
func (s *Symbolic) factorBytes(number int64) int64 {
	return number*(s.panels+kern.Tile+int64(s.N()+kern.Rows)) + 16*int64(len(s.entry))
}

// bytes that the plan needs beside the factor.
func (p *plan) bytes(s *Symbolic, number int64) int64 {
	return number * (p.region + int64(p.threads)*(p.stack[0]+p.stack[1]+stripsLen(s.largest)))
}

func numberBytes[T kern.Number]() int64 {
	var z T
	return int64(unsafe.Sizeof(z))
}
