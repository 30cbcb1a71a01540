package files

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/galeproject/gale/solver"
)

// ReadUTOUT reads the data of an OMEGA or FULLWV run, its .utout file: a record of Fortran's unformatted files for each frequency, complex
// numbers of 8 bytes, and in it for each source ω + i/τ, then the pressures at the receivers. src and rec are the survey, which the file
// does not hold; tau is the damping time in seconds, +Inf for none, the same for all frequencies. Either byte order is read.
//
// The programs' time factor is e^{+iωt} inside; whether a file holds their pressures or the conjugates depends on the program, so
// nothing is conjugated here. No file of the original programs was at hand: what is read is what [WriteUTOUT] writes.
func ReadUTOUT(path string, src, rec []solver.Point) (data []*solver.Data, tau float64, err error) {
	type run struct {
		data []*solver.Data
		tau  float64
	}
	r, err := read(path, func(s *source) (run, error) {
		d, tau, err := readUTOUT(s, src, rec)
		return run{d, tau}, err
	})
	return r.data, r.tau, err
}

// DecodeUTOUT is ReadUTOUT from a stream.
func DecodeUTOUT(r io.Reader, src, rec []solver.Point) (data []*solver.Data, tau float64, err error) {
	return readUTOUT(newSource(r, -1), src, rec)
}

func readUTOUT(s *source, src, rec []solver.Point) (data []*solver.Data, tau float64, err error) {
	if len(src) == 0 || len(rec) == 0 || len(src) > maxSamples/(len(rec)+1) {
		return nil, 0, fmt.Errorf("a survey of %d sources × %d receivers", len(src), len(rec))
	}
	size := int64(len(src)) * int64(len(rec)+1) * 8
	order, err := fortranOrder(s, size)
	if err != nil {
		return nil, 0, err
	}
	for s.more() {
		at := s.at
		raw, err := record(s, order, size)
		if err != nil {
			return nil, 0, err
		}
		d := solver.NewData(0, src, rec)
		for is := range src {
			block := raw[is*(len(rec)+1)*8:]
			omega := single(order, block)
			freq, t := real(omega)/(2*math.Pi), 1/imag(omega)
			if is == 0 && len(data) == 0 {
				tau = t
			}
			if is == 0 {
				d.Freq = freq
			}
			if !(freq >= 0) || math.IsInf(freq, 0) || !(t > 0) || freq != d.Freq || t != tau {
				return nil, 0, wrong(at+4+int64(is*(len(rec)+1)*8), "source %d has ω = %g, the first %g Hz and damping time %g s", is, omega, d.Freq, tau)
			}
			for ir := range rec {
				d.Gather(is)[ir] = single(order, block[(ir+1)*8:])
			}
		}
		data = append(data, d)
	}
	return data, tau, nil
}

// fortranOrder tells the byte order from the first record's length.
func fortranOrder(s *source, size int64) (binary.ByteOrder, error) {
	b, err := s.r.Peek(4)
	if err != nil {
		return nil, wrong(0, "the file has %d bytes, a record begins with its length of 4", len(b))
	}
	for _, o := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if int64(o.Uint32(b)) == size {
			return o, nil
		}
	}
	return nil, wrong(0, "the first record has %d bytes (%d in the other byte order), the survey needs %d", binary.LittleEndian.Uint32(b), binary.BigEndian.Uint32(b), size)
}

// record reads a record with its length before and behind it.
func record(s *source, o binary.ByteOrder, size int64) ([]byte, error) {
	var n [4]byte
	at := s.at
	if err := s.fill(n[:], "the length of a record"); err != nil {
		return nil, err
	}
	if got := int64(o.Uint32(n[:])); got != size {
		return nil, wrong(at, "a record of %d bytes, the survey needs %d", got, size)
	}
	raw, err := s.take(size, "a record")
	if err != nil {
		return nil, err
	}
	at = s.at
	if err := s.fill(n[:], "the length behind a record"); err != nil {
		return nil, err
	}
	if got := int64(o.Uint32(n[:])); got != size {
		return nil, wrong(at, "a record of %d bytes ends with the length %d", size, got)
	}
	return raw, nil
}

// single is a complex number of two floats of 4 bytes.
func single(o binary.ByteOrder, b []byte) complex128 {
	return complex(float64(math.Float32frombits(o.Uint32(b))), float64(math.Float32frombits(o.Uint32(b[4:]))))
}

// WriteUTOUT writes data as ReadUTOUT reads them, little-endian. tau is the damping time in seconds, +Inf or 0 for none.
func WriteUTOUT(path string, data []*solver.Data, tau float64) error {
	damp := 0.
	if tau > 0 {
		damp = 1 / tau
	}
	for i, d := range data {
		if d == nil || len(d.Values) != len(d.Src)*len(d.Rec) || len(d.Values) != len(data[0].Values) || len(d.Values)+len(d.Src) > math.MaxUint32/16 {
			return fmt.Errorf("files: writing %s: data %d have another shape than the first, or too many values", path, i)
		}
	}
	if !(tau >= 0) {
		return fmt.Errorf("files: writing %s: damping time %g s", path, tau)
	}
	return Write(path, func(w io.Writer) error {
		o := binary.LittleEndian
		put := func(b []byte, v complex128) []byte {
			return o.AppendUint32(o.AppendUint32(b, math.Float32bits(float32(real(v)))), math.Float32bits(float32(imag(v))))
		}
		for _, d := range data {
			size := uint32((len(d.Values) + len(d.Src)) * 8)
			b := o.AppendUint32(nil, size)
			for is := range d.Src {
				b = put(b, complex(2*math.Pi*d.Freq, damp))
				for _, v := range d.Gather(is) {
					b = put(b, v)
				}
			}
			if _, err := w.Write(o.AppendUint32(b, size)); err != nil {
				return err
			}
		}
		return nil
	})
}
