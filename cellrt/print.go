package cellrt

import (
	"fmt"
	"os"
)

// Print is fmt.Print in cell code: when several runs print at once, each one's text goes its own way.
func (s *Space) Print(a ...any) (n int, err error) { return s.write(fmt.Append(nil, a...)) }

// Printf is fmt.Printf in cell code.
func (s *Space) Printf(format string, a ...any) (n int, err error) {
	return s.write(fmt.Appendf(nil, format, a...))
}

// Println is fmt.Println in cell code.
func (s *Space) Println(a ...any) (n int, err error) { return s.write(fmt.Appendln(nil, a...)) }

// write uses os.Stdout when a cell has put a file of its own in its place.
func (s *Space) write(b []byte) (n int, err error) {
	if s.hooks.Print != nil && os.Stdout.Fd() == 1 && s.hooks.Print(b) {
		return len(b), nil
	}
	return os.Stdout.Write(b)
}
