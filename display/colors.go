package display

import "image/color"

// Colors is a family of colour maps.
type Colors uint8

// The families.
const (
	Sequential Colors = iota // dark blue to yellow, even in lightness: velocities, amplitudes
	Diverging                // blue, white, red: wavefields and gradients about zero
	Cyclic                   // the same at both ends: phases
)

// The anchors of the maps as 0xRRGGBB, evenly spaced; between them the components are interpolated.
var anchors = [...][]uint32{
	Sequential: {0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725},
	Diverging:  {0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b, 0x67001f},
	Cyclic:     {0xe2d9e2, 0x9ebbc9, 0x6785be, 0x5e43a5, 0x47175f, 0x2f1436, 0x5f1850, 0x8e2c50, 0xb25652, 0xc6896c, 0xd5b8ac, 0xe2d9e2},
}

// At returns the colour at t, which is clamped to 0…1.
func (c Colors) At(t float64) color.RGBA {
	a := anchors[min(int(c), len(anchors)-1)]
	t = min(max(t, 0), 1) * float64(len(a)-1)
	i := min(int(t), len(a)-2)
	f := t - float64(i)
	mix := func(shift int) uint8 {
		p, q := float64(a[i]>>shift&0xff), float64(a[i+1]>>shift&0xff)
		return uint8(p + (q-p)*f + 0.5)
	}
	return color.RGBA{R: mix(16), G: mix(8), B: mix(0), A: 0xff}
}
