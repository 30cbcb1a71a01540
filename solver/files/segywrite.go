package files

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// WriteSEGY writes a SEG-Y file, big-endian, its text in EBCDIC. What the format cannot hold is an error that names the trace: values
// beyond the sample format, coordinates beyond 32 bits, more than 65,535 samples before revision 2.
func WriteSEGY(path string, f *SEGY) error {
	c, err := f.checked()
	if err != nil {
		return fmt.Errorf("files: writing %s: %w", path, err)
	}
	return Write(path, c.write)
}

// EncodeSEGY is WriteSEGY to a stream.
func EncodeSEGY(w io.Writer, f *SEGY) error {
	c, err := f.checked()
	if err != nil {
		return fmt.Errorf("files: writing SEG-Y: %w", err)
	}
	return c.write(w)
}

// checked gives a copy with defaults filled in, or what keeps f from being written.
func (f *SEGY) checked() (*SEGY, error) {
	if f == nil {
		return nil, fmt.Errorf("there is no file")
	}
	c := *f
	c.little = false
	if c.Format == unknown {
		c.Format = IEEE32
		if c.Revision == 0 {
			c.Format = IBM32
		}
	}
	switch {
	case c.Revision < 0 || c.Revision > 2:
		return nil, fmt.Errorf("revision %d: 0, 1 and 2 can be written", c.Revision)
	case c.Format.bytes() == 0 || c.Format == IEEE64 && c.Revision < 2:
		return nil, fmt.Errorf("sample format %d in revision %d", c.Format, c.Revision)
	case c.Samples < 1 || c.Samples > maxSamples || c.Revision < 2 && c.Samples > math.MaxUint16:
		return nil, fmt.Errorf("traces of %d samples in revision %d", c.Samples, c.Revision)
	case !(c.Interval > 0) || c.Interval > math.MaxUint32:
		return nil, fmt.Errorf("an interval of %g", c.Interval)
	case c.Revision < 2 && (c.Interval != math.Round(c.Interval) || c.Interval > math.MaxUint16):
		return nil, fmt.Errorf("an interval of %g: before revision 2 it is a whole number up to 65535", c.Interval)
	}
	for i, t := range c.Traces {
		if len(t.Values) != c.Samples {
			return nil, fmt.Errorf("trace %d has %d samples, the file %d", i, len(t.Values), c.Samples)
		}
	}
	return &c, nil
}

func (f *SEGY) write(w io.Writer) error {
	if _, err := w.Write(f.fileHeader()); err != nil {
		return err
	}
	buf := make([]byte, 0, headSize+f.Samples*f.Format.bytes())
	for i, t := range f.Traces {
		b, err := f.traceHeader(buf, i, &t)
		if err != nil {
			return fmt.Errorf("trace %d: %w", i, err)
		}
		for j, v := range t.Values {
			var ok bool
			if b, ok = f.Format.append(b, v); !ok {
				return fmt.Errorf("trace %d: sample %d is %g, which sample format %d cannot hold", i, j, v, f.Format)
			}
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func (f *SEGY) fileHeader() []byte {
	b := make([]byte, textSize+binarySize)
	lines := strings.Split(f.Text, "\n")
	for i := range 40 {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		for j := range 80 {
			c := byte(' ')
			if j < len(line) && line[j] >= ' ' && line[j] <= '~' {
				c = line[j]
			}
			b[i*80+j] = toEBCDIC[c]
		}
	}
	o, h := binary.BigEndian, b[textSize:]
	o.PutUint32(h, 1)      // job
	o.PutUint32(h[4:], 1)  // line
	o.PutUint32(h[8:], 1)  // reel
	o.PutUint16(h[12:], 1) // traces an ensemble, at least
	if f.Interval <= math.MaxUint16 {
		o.PutUint16(h[16:], uint16(math.Round(f.Interval)))
	}
	if f.Samples <= math.MaxUint16 {
		o.PutUint16(h[20:], uint16(f.Samples))
	}
	o.PutUint16(h[24:], uint16(f.Format))
	o.PutUint16(h[28:], 1) // as recorded
	o.PutUint16(h[54:], 1)
	if f.Feet {
		o.PutUint16(h[54:], 2)
	}
	h[300] = byte(f.Revision)
	if f.Revision >= 1 {
		o.PutUint16(h[302:], 1) // all traces have one length
	}
	if f.Revision == 2 {
		o.PutUint32(h[68:], uint32(f.Samples))
		o.PutUint64(h[72:], math.Float64bits(f.Interval))
		o.PutUint32(h[96:], 0x01020304)
		o.PutUint64(h[314:], uint64(len(f.Traces)))
	}
	return b
}

// traceHeader puts the header of trace i into b.
func (f *SEGY) traceHeader(b []byte, i int, t *Trace) ([]byte, error) {
	b = append(b[:0], make([]byte, headSize)...)
	o := binary.BigEndian
	xyScale, xy, err := fixed(t.SrcX, t.SrcY, t.RecX, t.RecY)
	if err != nil {
		return nil, err
	}
	zScale, z, err := fixed(-t.RecZ, t.SrcZ)
	if err != nil {
		return nil, err
	}
	if math.Abs(t.Delay) > math.MaxInt16 || t.Delay != math.Round(t.Delay) {
		return nil, fmt.Errorf("a delay of %g ms: it is a whole number up to 32767", t.Delay)
	}
	for _, n := range []int{t.Shot, t.Channel, t.Ensemble} {
		if n != int(int32(n)) {
			return nil, fmt.Errorf("the number %d has more than 32 bits", n)
		}
	}
	id := 1
	if t.Dead {
		id = 2
	}
	offset := min(max(math.Round(t.RecX-t.SrcX), math.MinInt32), math.MaxInt32)
	for n, v := range map[int]int{
		1: i + 1, 5: i + 1, 9: t.Shot, 13: t.Channel, 17: t.Shot, 21: t.Ensemble, 25: 1, 37: int(offset), 41: z[0], 49: z[1], 73: xy[0], 77: xy[1], 81: xy[2], 85: xy[3], 181: xy[2], 185: xy[3],
	} {
		o.PutUint32(b[n-1:], uint32(v))
	}
	interval, samples := 0, 0
	if f.Interval <= math.MaxUint16 {
		interval = int(math.Round(f.Interval))
	}
	if f.Samples <= math.MaxUint16 {
		samples = f.Samples
	}
	for n, v := range map[int]int{29: id, 35: 1, 69: zScale, 71: xyScale, 89: 1, 109: int(t.Delay), 115: samples, 117: interval} {
		o.PutUint16(b[n-1:], uint16(v))
	}
	return b, nil
}

// fixed writes coordinates as whole numbers with a divisor common to them: the smallest power of ten, up to 10000, that loses nothing,
// or the largest that fits.
func fixed(v ...float64) (scale int, out []int, err error) {
	out = make([]int, len(v))
	best := 0
	for div := 1.; div <= 10000; div *= 10 {
		exact, fits := true, true
		for _, x := range v {
			y := math.Round(x * div)
			exact = exact && math.Abs(y-x*div) <= 1e-6
			fits = fits && math.Abs(y) <= math.MaxInt32 // false for NaN
		}
		if !fits {
			break
		}
		best = int(div)
		if exact {
			break
		}
	}
	if best == 0 {
		return 0, nil, fmt.Errorf("coordinates %g do not fit 32 bits", v)
	}
	for i, x := range v {
		out[i] = int(math.Round(x * float64(best)))
	}
	if best > 1 {
		best = -best
	}
	return best, out, nil
}

// append appends a sample; false when the format cannot hold it. Whole numbers are rounded.
func (f SampleFormat) append(b []byte, v float64) ([]byte, bool) {
	o, r := binary.BigEndian, math.Round(v)
	switch f {
	case IBM32:
		u, ok := toIBM(v)
		return o.AppendUint32(b, u), ok
	case IEEE32:
		w := float32(v)
		return o.AppendUint32(b, math.Float32bits(w)), !math.IsInf(float64(w), 0) || math.IsInf(v, 0)
	case IEEE64:
		return o.AppendUint64(b, math.Float64bits(v)), true
	case Int32:
		return o.AppendUint32(b, uint32(int32(r))), r >= math.MinInt32 && r <= math.MaxInt32
	case Uint32:
		return o.AppendUint32(b, uint32(r)), r >= 0 && r <= math.MaxUint32
	case Int16:
		return o.AppendUint16(b, uint16(int16(r))), r >= math.MinInt16 && r <= math.MaxInt16
	case Uint16:
		return o.AppendUint16(b, uint16(r)), r >= 0 && r <= math.MaxUint16
	case Int8:
		return append(b, byte(int8(r))), r >= math.MinInt8 && r <= math.MaxInt8
	default: // Uint8
		return append(b, byte(r)), r >= 0 && r <= math.MaxUint8
	}
}
