package files

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxSamples is the largest number of samples that is read from a file.
const maxSamples = 1 << 28

// FormatError says what is wrong with a file and where.
type FormatError struct {
	Path   string // "" when it was not read from a file
	Offset int64  // of the byte, from 0
	Reason string
}

// Error tells the file, the byte and the reason.
func (e *FormatError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("files: byte %d: %s", e.Offset, e.Reason)
	}
	return fmt.Sprintf("files: reading %s: byte %d: %s", e.Path, e.Offset, e.Reason)
}

// source reads and knows where it is.
type source struct {
	r    *bufio.Reader
	at   int64
	size int64 // of the whole file, −1 when it is not known
}

func newSource(r io.Reader, size int64) *source {
	return &source{r: bufio.NewReaderSize(r, 1<<16), size: size}
}

// wrong is an error at an offset.
func wrong(at int64, format string, args ...any) error {
	return &FormatError{Offset: at, Reason: fmt.Sprintf(format, args...)}
}

// fill reads exactly len(b) bytes; what names them when they are missing.
func (s *source) fill(b []byte, what string) error {
	n, err := io.ReadFull(s.r, b)
	s.at += int64(n)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return wrong(s.at, "the file ends within %s: %d of %d bytes are there", what, n, len(b))
	}
	return err
}

// take reads n bytes in pieces, so that memory grows with what is there and not with what is promised.
func (s *source) take(n int64, what string) ([]byte, error) {
	if left := s.size - s.at; s.size >= 0 && n > left {
		return nil, wrong(s.size, "the file ends within %s: %d of %d bytes are there", what, max(left, 0), n)
	}
	var out []byte
	for piece := int64(1 << 20); n > 0; n -= piece {
		piece = min(piece, n)
		at := len(out)
		out = append(out, make([]byte, piece)...)
		if err := s.fill(out[at:], what); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// more tells whether there is another byte.
func (s *source) more() bool {
	_, err := s.r.Peek(1)
	return err == nil
}

// open opens a file for reading and tells its size.
func open(path string) (*os.File, *source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("files: reading: %w", err)
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = errors.New("it is not a file")
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("files: reading %s: %w", path, err), f.Close())
	}
	return f, newSource(f, st.Size()), nil
}

// named puts the file's name into an error.
func named(path string, err error) error {
	if e, ok := errors.AsType[*FormatError](err); ok {
		return &FormatError{Path: path, Offset: e.Offset, Reason: e.Reason}
	}
	return fmt.Errorf("files: reading %s: %w", path, err)
}

// read opens a file and hands it to a reader of its format.
func read[T any](path string, format func(s *source) (T, error)) (v T, err error) {
	f, s, err := open(path)
	if err != nil {
		return v, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	if v, err = format(s); err != nil {
		var none T
		return none, named(path, err)
	}
	return v, nil
}
