package fdfd

import "math"

// misses gives what weights make wrong of plane P waves: the root mean square over directions of the relative error of the phase
// velocity, and of the slope of the symbol, which is that of amplitudes.
func (m axis) misses(p, q fiveWeights) (phase, slope float64) {
	const n, d = 64, 1e-3
	k2, s2, eta2 := m.kh*m.kh, 1+2*m.delta, 2*(m.eps-m.delta)
	// symbol of the elimination of q, over k²: zero for a P wave; and the medium's
	symbol := func(phi, lambda float64) (grid, medium float64) {
		w := m.wave(phi, lambda)
		grid, medium = p.dot(&w.b)-(s2*w.xh+w.zh)/k2, 1-(s2*w.xc+w.zc)/k2
		if !m.elliptic() {
			grid -= s2 * w.xh * w.xh / k2 / (k2/eta2*q.dot(&w.b) - w.xh)
			medium -= s2 * w.xc * w.xc / k2 / (k2/eta2 - w.xc)
		}
		return grid, medium
	}
	for i := range n {
		phi := math.Pi * (float64(i) + 0.5) / n
		at, _ := symbol(phi, 1)
		g2, m2 := symbol(phi, 1+d)
		g1, m1 := symbol(phi, 1-d)
		dg, dm := (g2-g1)/(2*d), (m2-m1)/(2*d)
		phase += (at / dg) * (at / dg) / n
		slope += (dg/dm - 1) * (dg/dm - 1) / n
	}
	return math.Sqrt(phase), math.Sqrt(slope)
}

// wrongBy is the error of a field as far away as offset, with what is made wrong of phases on the way, a unit of offset, and of the slope.
func wrongBy(offset, phase, slope float64) float64 {
	return math.Hypot(0.7*2*math.Pi*offset*phase, slope)
}

// measure takes the mean of what the weights make wrong over cells: of phases a metre, and of the slope.
func (t *tilted) measure(axes []axis, h float64) {
	count := make([]int, len(axes))
	for _, k := range t.of {
		count[k]++
	}
	step, cells := 1+(len(axes)-1)/fewKinds, 0
	for i := 0; i < len(axes); i += step {
		n := float64(count[i])
		phase, slope := axes[i].misses(t.kinds[i].p, t.kinds[i].q)
		t.phase += n * phase * axes[i].kh / (2 * math.Pi * h)
		t.slope += n * slope * slope
		cells += count[i]
	}
	t.phase /= float64(cells)
	t.slope = math.Sqrt(t.slope / float64(cells))
}
