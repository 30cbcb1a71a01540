package files

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// SampleFormat is how SEG-Y stores samples, by the standard's number.
type SampleFormat uint16

// The formats that are read and written.
const (
	IBM32   SampleFormat = 1 // hexadecimal floats of 4 bytes, as revision 0 wants them
	Int32   SampleFormat = 2
	Int16   SampleFormat = 3
	IEEE32  SampleFormat = 5
	IEEE64  SampleFormat = 6 // since revision 2
	Int8    SampleFormat = 8
	Uint32  SampleFormat = 10
	Uint16  SampleFormat = 11
	Uint8   SampleFormat = 16
	unknown SampleFormat = 0
)

// bytes is the size of a sample, 0 of an unknown format.
func (f SampleFormat) bytes() int {
	switch f {
	case IBM32, Int32, IEEE32, Uint32:
		return 4
	case Int16, Uint16:
		return 2
	case IEEE64:
		return 8
	case Int8, Uint8:
		return 1
	default:
		return 0
	}
}

// SEGY is a SEG-Y file: a text, a few numbers, and traces of one length.
type SEGY struct {
	Text     string       // 40 lines of at most 80 characters; more is cut
	Revision int          // 0, 1 or 2
	Format   SampleFormat // 0 writes IEEE32, for revision 0 IBM32
	Interval float64      // between samples: µs of time; in models mm of depth
	Samples  int          // of each trace
	Feet     bool         // coordinates are in feet
	Traces   []Trace
	little   bool // the file's byte order, as revision 2 allows
}

// Trace is one trace of a SEG-Y file with the header entries that matter here. Coordinates are in the file's unit, depths down.
type Trace struct {
	Shot, Channel int     // bytes 9–12 and 13–16
	Ensemble      int     // bytes 21–24: the CDP's number, or a column of a model
	SrcX, SrcY    float64 // bytes 73–80
	RecX, RecY    float64 // bytes 81–88
	SrcZ, RecZ    float64 // depth of the source (bytes 49–52) and minus the elevation of the receiver (41–44)
	Delay         float64 // of the first sample, ms
	Dead          bool
	Values        []float64
}

// Sizes of the parts of a file, in bytes.
const (
	textSize   = 3200
	binarySize = 400
	headSize   = 240
	maxTraces  = 1 << 24
	maxTexts   = 64
)

// ReadSEGY reads a SEG-Y file of revision 0, 1 or 2, big-endian or, where revision 2 says so, little-endian. Traces must have one
// length and no additional headers.
func ReadSEGY(path string) (*SEGY, error) { return read(path, readSEGY) }

// DecodeSEGY is ReadSEGY from a stream.
func DecodeSEGY(r io.Reader) (*SEGY, error) { return readSEGY(newSource(r, -1)) }

func readSEGY(s *source) (*SEGY, error) {
	head := make([]byte, textSize+binarySize)
	if err := s.fill(head, "the file header"); err != nil {
		return nil, err
	}
	f, extra, err := binaryHeader(head[textSize:])
	if err != nil {
		return nil, err
	}
	f.Text = textual(head[:textSize])
	for i := range extra {
		if _, err := s.take(textSize, fmt.Sprintf("extended text %d of %d", i+1, extra)); err != nil {
			return nil, err
		}
	}
	total := 0
	for s.more() {
		if len(f.Traces) >= maxTraces {
			return nil, wrong(s.at, "more than %d traces", maxTraces)
		}
		at := s.at
		t, interval, err := f.trace(s)
		if err != nil {
			return nil, err
		}
		if total += len(t.Values); total > maxSamples {
			return nil, wrong(at, "more than %d samples", maxSamples)
		}
		if f.Interval == 0 {
			f.Interval = interval
		}
		f.Traces = append(f.Traces, *t)
	}
	return f, nil
}

// order is the file's byte order.
func (f *SEGY) order() binary.ByteOrder {
	if f.little {
		return binary.LittleEndian
	}
	return binary.BigEndian
}

// binaryHeader reads the 400 bytes behind the text; extra is how many more texts follow. Numbers of bytes are the standard's, from 1.
func binaryHeader(b []byte) (f *SEGY, extra int, err error) {
	f = &SEGY{}
	const mark = 0x01020304
	f.little = binary.LittleEndian.Uint32(b[96:]) == mark
	o := f.order()
	f.Interval = float64(o.Uint16(b[16:]))
	f.Samples = int(o.Uint16(b[20:]))
	f.Format = SampleFormat(o.Uint16(b[24:]))
	f.Feet = o.Uint16(b[54:]) == 2
	f.Revision = int(b[300])
	if f.Revision > 2 {
		return nil, 0, wrong(textSize+300, "revision %d, known are 0, 1 and 2", f.Revision)
	}
	if f.Format.bytes() == 0 {
		return nil, 0, wrong(textSize+24, "sample format %d: 1, 2, 3, 5, 6, 8, 10, 11 and 16 can be read", f.Format)
	}
	if f.Revision >= 1 {
		extra = int(int16(o.Uint16(b[304:])))
		if extra < 0 || extra > maxTexts {
			return nil, 0, wrong(textSize+304, "%d extended texts, 0 to %d are possible", extra, maxTexts)
		}
	}
	if f.Revision == 2 {
		if n := o.Uint32(b[68:]); n != 0 {
			if n > maxSamples {
				return nil, 0, wrong(textSize+68, "traces of %d samples, at most %d are read", n, maxSamples)
			}
			f.Samples = int(n)
		}
		if d := math.Float64frombits(o.Uint64(b[72:])); d != 0 {
			if !(d > 0) || math.IsInf(d, 1) {
				return nil, 0, wrong(textSize+72, "an interval of %g", d)
			}
			f.Interval = d
		}
		if n := o.Uint32(b[306:]); n != 0 {
			return nil, 0, wrong(textSize+306, "%d additional trace headers, none can be read", n)
		}
	}
	return f, extra, nil
}

// trace reads one trace and the interval that its header gives.
func (f *SEGY) trace(s *source) (*Trace, float64, error) {
	at := s.at
	var b [headSize]byte
	if err := s.fill(b[:], "a trace header"); err != nil {
		return nil, 0, err
	}
	o := f.order()
	i16 := func(n int) int { return int(int16(o.Uint16(b[n-1:]))) }
	i32 := func(n int) float64 { return float64(int32(o.Uint32(b[n-1:]))) }
	samples := int(o.Uint16(b[114:]))
	if f.Samples == 0 {
		f.Samples = samples // revision 0 files without a count in the file header
	}
	if samples != 0 && samples != f.Samples&0xffff {
		return nil, 0, wrong(at+114, "trace of %d samples in a file of traces of %d", samples, f.Samples)
	}
	if f.Samples == 0 {
		return nil, 0, wrong(at+114, "neither the file nor the trace tells how many samples there are")
	}
	z, xy := scalar(i16(69)), scalar(i16(71))
	t := &Trace{
		Shot: int(i32(9)), Channel: int(i32(13)), Ensemble: int(i32(21)),
		SrcX: i32(73) * xy, SrcY: i32(77) * xy, RecX: i32(81) * xy, RecY: i32(85) * xy,
		RecZ: -i32(41) * z, SrcZ: i32(49) * z, Delay: float64(i16(109)), Dead: i16(29) == 2,
	}
	if t.RecZ == 0 {
		t.RecZ = 0 // not −0
	}
	raw, err := s.take(int64(f.Samples)*int64(f.Format.bytes()), fmt.Sprintf("the samples of trace %d", len(f.Traces)))
	if err != nil {
		return nil, 0, err
	}
	t.Values = make([]float64, f.Samples)
	for i := range t.Values {
		t.Values[i] = f.Format.sample(o, raw[i*f.Format.bytes():])
	}
	return t, float64(o.Uint16(b[116:])), nil
}

// scalar is what a header's scalar means: a factor when positive, a divisor when negative.
func scalar(v int) float64 {
	switch {
	case v > 0:
		return float64(v)
	case v < 0:
		return -1 / float64(v)
	}
	return 1
}

// sample is the first sample of b.
func (f SampleFormat) sample(o binary.ByteOrder, b []byte) float64 {
	switch f {
	case IBM32:
		return ibm(o.Uint32(b))
	case IEEE32:
		return float64(math.Float32frombits(o.Uint32(b)))
	case IEEE64:
		return math.Float64frombits(o.Uint64(b))
	case Int32:
		return float64(int32(o.Uint32(b)))
	case Uint32:
		return float64(o.Uint32(b))
	case Int16:
		return float64(int16(o.Uint16(b)))
	case Uint16:
		return float64(o.Uint16(b))
	case Int8:
		return float64(int8(b[0]))
	default: // Uint8
		return float64(b[0])
	}
}

// ibm is the value of a hexadecimal float: sign, exponent of 16 from −64, fraction of 24 bits.
func ibm(u uint32) float64 {
	v := math.Ldexp(float64(u&0xffffff), 4*(int(u>>24&127)-64)-24)
	if u>>31 != 0 {
		return -v
	}
	return v
}

// toIBM is the nearest hexadecimal float. What is too small becomes 0, what is too large or not a number cannot be represented.
func toIBM(v float64) (uint32, bool) {
	if v == 0 {
		return 0, true
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	var sign uint32
	if v < 0 {
		sign, v = 1<<31, -v
	}
	frac, exp := math.Frexp(v) // v = frac·2^exp, ½ ≤ frac < 1
	hex := (exp + 3) >> 2      // the least e with v < 16^e
	m := uint32(math.RoundToEven(math.Ldexp(frac, exp-4*hex+24)))
	if m == 1<<24 {
		m, hex = m>>4, hex+1
	}
	switch hex += 64; {
	case hex > 127:
		return 0, false
	case hex < 0:
		return sign, true
	}
	return sign | uint32(hex)<<24 | m, true
}

// textual is the text header as lines without trailing blanks. EBCDIC is told from ASCII by its blank.
func textual(b []byte) string {
	ebcdic := strings.Count(string(b), "\x40") > strings.Count(string(b), " ")
	var lines []string
	for i := 0; i < len(b); i += 80 {
		line := make([]byte, 80)
		for j, c := range b[i : i+80] {
			if ebcdic {
				c = fromEBCDIC[c]
			}
			if c < ' ' || c > '~' {
				c = ' '
			}
			line[j] = c
		}
		lines = append(lines, strings.TrimRight(string(line), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
