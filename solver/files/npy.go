package files

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Array is an array of numbers as numpy stores it. Values are in C order here, the last index fastest, whatever the file's order is.
type Array struct {
	Shape   []int        // empty: a single number
	Float   []float64    // the values, unless they are complex
	Complex []complex128 // the values if they are complex
	Type    string       // in the file: "<f4", "<f8", "<c8", "<c16", or what was read; "" writes "<f8" or "<c16"
	Fortran bool         // in the file: the first index fastest
}

// The largest header that is read, in bytes, and the most dimensions.
const (
	maxHeader = 1 << 20
	maxDims   = 32
)

// ReadNPY reads a .npy file of numbers: floats of 2, 4 and 8 bytes, complex of 8 and 16, integers, booleans, of either byte order.
// What does not fit a float64 without loss (integers beyond 2⁵³) is rounded.
func ReadNPY(path string) (*Array, error) { return read(path, readNPY) }

// DecodeNPY is ReadNPY from a stream; it reads to the end of it.
func DecodeNPY(r io.Reader) (*Array, error) { return readNPY(newSource(r, -1)) }

func readNPY(s *source) (*Array, error) {
	text, at, err := npyHeader(s)
	if err != nil {
		return nil, err
	}
	h, err := parseNPY(text, at)
	if err != nil {
		return nil, err
	}
	kind, err := h.kind()
	if err != nil {
		return nil, err
	}
	n := 1
	for _, d := range h.shape {
		if d > 0 && n > maxSamples/d {
			return nil, wrong(h.shapeAt, "shape %v has more than %d values", h.shape, maxSamples)
		}
		n *= d
	}
	raw, err := s.take(int64(n)*int64(kind.size), "the values")
	if err != nil {
		return nil, err
	}
	if s.more() {
		return nil, wrong(s.at, "there is more after the last of %d values", n)
	}
	a := &Array{Shape: h.shape, Type: h.descr, Fortran: h.fortran}
	kind.decode(raw, n, a)
	if a.Fortran && len(a.Shape) > 1 {
		if a.Complex != nil {
			a.Complex = fromFortran(a.Complex, a.Shape)
		} else {
			a.Float = fromFortran(a.Float, a.Shape)
		}
	}
	return a, nil
}

// npyHeader reads what stands before the values; at is the place of the text.
func npyHeader(s *source) (text string, at int64, err error) {
	var b [12]byte
	if err := s.fill(b[:8], "the magic bytes"); err != nil {
		return "", 0, err
	}
	if string(b[:6]) != "\x93NUMPY" {
		return "", 0, wrong(0, "it begins with %q, not with \"\\x93NUMPY\"", b[:6])
	}
	major, minor := b[6], b[7]
	if major < 1 || major > 3 || minor != 0 {
		return "", 0, wrong(6, "version %d.%d, known are 1.0, 2.0 and 3.0", major, minor)
	}
	size := 2
	if major > 1 {
		size = 4
	}
	clear(b[:])
	if err := s.fill(b[:size], "the header's length"); err != nil {
		return "", 0, err
	}
	n := binary.LittleEndian.Uint32(b[:4])
	if n > maxHeader {
		return "", 0, wrong(8, "a header of %d bytes, at most %d are read", n, maxHeader)
	}
	at = s.at
	raw, err := s.take(int64(n), "the header")
	return string(raw), at, err
}

// WriteNPY writes an array as .npy, of the lowest version that can hold its header.
func WriteNPY(path string, a *Array) error {
	if err := a.check(); err != nil {
		return fmt.Errorf("files: writing %s: %w", path, err)
	}
	return Write(path, func(w io.Writer) error { return EncodeNPY(w, a) })
}

// EncodeNPY is WriteNPY to a stream.
func EncodeNPY(w io.Writer, a *Array) error {
	if err := a.check(); err != nil {
		return fmt.Errorf("files: writing an array: %w", err)
	}
	kind, _ := kindOf(a.descr())
	if _, err := w.Write(a.header()); err != nil {
		return err
	}
	f, c := a.Float, a.Complex
	if a.Fortran && len(a.Shape) > 1 {
		f, c = toFortran(f, a.Shape), toFortran(c, a.Shape)
	}
	const piece = 4096
	buf := make([]byte, 0, piece*16)
	for i := 0; i < max(len(f), len(c)); i += piece {
		buf = buf[:0]
		for _, v := range f[min(i, len(f)):min(i+piece, len(f))] {
			buf = kind.appendFloat(buf, v)
		}
		for _, v := range c[min(i, len(c)):min(i+piece, len(c))] {
			buf = kind.appendFloat(kind.appendFloat(buf, real(v)), imag(v))
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

func (a *Array) descr() string {
	switch {
	case a.Type != "":
		return a.Type
	case a.Complex != nil:
		return "<c16"
	}
	return "<f8"
}

// check says what keeps an array from being written.
func (a *Array) check() error {
	if a == nil {
		return fmt.Errorf("there is no array")
	}
	n := 1
	for _, d := range a.Shape {
		if d < 0 || d > 0 && n > maxSamples/d || len(a.Shape) > maxDims {
			return fmt.Errorf("an array of shape %v", a.Shape)
		}
		n *= d
	}
	k, ok := kindOf(a.descr())
	switch {
	case !ok || k.letter != 'f' && k.letter != 'c' || k.size < 4:
		return fmt.Errorf("values of type %q: \"<f4\", \"<f8\", \"<c8\" and \"<c16\" can be written", a.Type)
	case k.letter == 'c' && (len(a.Complex) != n || a.Float != nil):
		return fmt.Errorf("%d complex values for shape %v", len(a.Complex), a.Shape)
	case k.letter == 'f' && (len(a.Float) != n || a.Complex != nil):
		return fmt.Errorf("%d values for shape %v", len(a.Float), a.Shape)
	}
	return nil
}

// header is everything before the values; they begin at a multiple of 64.
func (a *Array) header() []byte {
	dims := make([]string, len(a.Shape))
	for i, d := range a.Shape {
		dims[i] = fmt.Sprint(d)
	}
	shape := strings.Join(dims, ", ")
	if len(dims) == 1 {
		shape += ","
	}
	order := "False"
	if a.Fortran {
		order = "True"
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", a.descr(), order, shape)
	text += strings.Repeat(" ", 63-(10+len(text))%64) + "\n" // at most 32 dimensions of 10 digits: version 1 has room
	b := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(text)))
	return append(b, text...)
}

// fromFortran puts values whose first index is fastest into C order.
func fromFortran[T any](v []T, shape []int) []T {
	out := make([]T, len(v))
	permute(shape, func(c, f int) { out[c] = v[f] }, len(v))
	return out
}

func toFortran[T any](v []T, shape []int) []T {
	out := make([]T, len(v))
	permute(shape, func(c, f int) { out[f] = v[c] }, len(v))
	return out
}

// permute calls move with the place of each element in C and in Fortran order.
func permute(shape []int, move func(c, f int), n int) {
	strides, s := make([]int, len(shape)), 1
	for i, d := range shape {
		strides[i] = s
		s *= d
	}
	index, f := make([]int, len(shape)), 0
	for c := range n {
		move(c, f)
		for i := len(shape) - 1; i >= 0; i-- {
			index[i]++
			f += strides[i]
			if index[i] < shape[i] {
				break
			}
			f -= index[i] * strides[i]
			index[i] = 0
		}
	}
}

// kind is a type of values in a file.
type kind struct {
	order  binary.ByteOrder
	letter byte // b i u f c
	size   int  // bytes of a value
}

// kindOf reads a description such as "<f8".
func kindOf(descr string) (kind, bool) {
	known := []string{"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"}
	if len(descr) < 3 || !slices.Contains(known, descr[1:]) {
		return kind{}, false
	}
	k := kind{letter: descr[1], size: int(descr[2] - '0')}
	if len(descr) == 4 {
		k.size = 16
	}
	switch {
	case descr[0] == '<', descr[0] == '|' && k.size == 1, descr[0] == '=':
		k.order = binary.LittleEndian
	case descr[0] == '>':
		k.order = binary.BigEndian
	default:
		return kind{}, false
	}
	return k, true
}

// decode turns n values into floats or complex numbers.
func (k kind) decode(raw []byte, n int, a *Array) {
	if k.letter == 'c' {
		part := kind{k.order, 'f', k.size / 2}
		a.Complex = make([]complex128, n)
		for i := range a.Complex {
			b := raw[i*k.size:]
			a.Complex[i] = complex(part.float(b), part.float(b[part.size:]))
		}
		return
	}
	a.Float = make([]float64, n)
	for i := range a.Float {
		a.Float[i] = k.float(raw[i*k.size:])
	}
}

// float is the first value of b.
func (k kind) float(b []byte) float64 {
	var u uint64
	switch k.size {
	case 1:
		u = uint64(b[0])
	case 2:
		u = uint64(k.order.Uint16(b))
	case 4:
		u = uint64(k.order.Uint32(b))
	default:
		u = k.order.Uint64(b)
	}
	switch {
	case k.letter == 'i':
		shift := 64 - 8*k.size
		return float64(int64(u<<shift) >> shift)
	case k.letter != 'f':
		return float64(u)
	case k.size == 2:
		return half(uint16(u))
	case k.size == 4:
		return float64(math.Float32frombits(uint32(u)))
	}
	return math.Float64frombits(u)
}

// appendFloat appends a float, or half a complex number, of the kind.
func (k kind) appendFloat(b []byte, v float64) []byte {
	o := k.order.(binary.AppendByteOrder)
	if k.size == 4 || k.letter == 'c' && k.size == 8 {
		return o.AppendUint32(b, math.Float32bits(float32(v)))
	}
	return o.AppendUint64(b, math.Float64bits(v))
}

// half is the value of a float of 16 bits.
func half(u uint16) float64 {
	sign, exp, frac := 1., int(u>>10&31), float64(u&1023)
	if u>>15 != 0 {
		sign = -1
	}
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}
