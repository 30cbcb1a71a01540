package solver

import (
	"fmt"
	"math"
	"math/cmplx"
)

// Survey says where sources are, how strong, and which receivers record each of them. There are three geometries:
//
//	Survey{Src: src, Rec: rec}                       fixed: all receivers record all sources
//	Survey{Src: src, Rec: offsets, Streamer: true}   relative: receivers move with the source
//	Survey{Src: src, Each: arrays}                   absolute: an array of receivers for each source
//
// Every source has the same number of receivers, so that data are a matrix in each geometry.
type Survey struct {
	Src      []Point
	Rec      []Point      // places, or with Streamer what to add to the source's place; unused with Each
	Each     [][]Point    // the receivers of each source; nil: Rec
	Streamer bool         // Rec moves with the source
	Strength []complex128 // of each source; nil: 1. They are the survey's own: a model never changes them
}

// Fixed is the survey whose receivers record every source.
func Fixed(src, rec []Point) *Survey { return &Survey{Src: src, Rec: rec} }

// Check returns an error that names what is wrong with the survey's shape.
func (s *Survey) Check() error {
	switch {
	case s == nil:
		return fmt.Errorf("solver: checking a survey: it is nil")
	case s.Streamer && s.Each != nil:
		return fmt.Errorf("solver: checking a survey: receivers move with the source and are also given for each")
	case s.Each != nil && len(s.Each) != len(s.Src):
		return fmt.Errorf("solver: checking a survey: %d arrays of receivers for %d sources", len(s.Each), len(s.Src))
	case s.Strength != nil && len(s.Strength) != len(s.Src):
		return fmt.Errorf("solver: checking a survey: %d strengths for %d sources", len(s.Strength), len(s.Src))
	}
	for i, e := range s.Each {
		if len(e) != len(s.Each[0]) {
			return fmt.Errorf("solver: checking a survey: source %d has %d receivers, source 0 has %d", i, len(e), len(s.Each[0]))
		}
	}
	for i, w := range s.Strength {
		if cmplx.IsNaN(w) || cmplx.IsInf(w) {
			return fmt.Errorf("solver: checking a survey: strength %g of source %d", w, i)
		}
	}
	for i, p := range s.Src {
		if !finite(p.Y) {
			return fmt.Errorf("solver: checking a survey: source %d at %v m", i, p)
		}
	}
	return nil
}

// Shared tells whether all sources have the same receivers.
func (s *Survey) Shared() bool { return !s.Streamer && s.Each == nil }

// Receivers are the places of the receivers of source is.
func (s *Survey) Receivers(is int) []Point {
	switch {
	case s.Each != nil:
		return s.Each[is]
	case s.Streamer:
		ps := make([]Point, len(s.Rec))
		for i, d := range s.Rec {
			ps[i] = s.Src[is].Plus(d)
		}
		return ps
	default:
		return s.Rec
	}
}

// PerSource is the number of receivers of a source.
func (s *Survey) PerSource() int {
	if s.Each == nil {
		return len(s.Rec)
	}
	if len(s.Each) == 0 {
		return 0
	}
	return len(s.Each[0])
}

// Data is a matrix of zeros of the survey's shape. The receivers of a streamer, or given for each source, are in Each, and Rec holds
// those of the first source.
func (s *Survey) Data(freq float64) *Data {
	d := NewData(freq, s.Src, s.Rec)
	if !s.Shared() {
		d.Each, d.Rec = make([][]Point, len(s.Src)), nil
		for i := range s.Src {
			d.Each[i] = s.Receivers(i)
		}
		if len(d.Each) > 0 {
			d.Rec = d.Each[0]
		}
		d.Values = make([]complex128, len(s.Src)*len(d.Rec))
	}
	d.Strength = s.Strength
	return d
}

// Distances gives the smallest and the largest distance in the section between a source and a receiver of its own, and the largest
// distance y across it.
func (s *Survey) Distances() (near, far, across float64) {
	near = math.Inf(1)
	for i, p := range s.Src {
		for _, q := range s.Receivers(i) {
			r := math.Hypot(p.X-q.X, p.Z-q.Z)
			near, far, across = min(near, r), max(far, r), max(across, math.Abs(p.Y-q.Y))
		}
	}
	return near, far, across
}
