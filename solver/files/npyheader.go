package files

import (
	"strings"
	"unicode/utf8"
)

// npyDict is the header of a .npy file.
type npyDict struct {
	descr            string
	fortran          bool
	shape            []int
	descrAt, shapeAt int64
}

func (h *npyDict) kind() (kind, error) {
	k, ok := kindOf(h.descr)
	if !ok {
		return k, wrong(h.descrAt, "values of type %q: floats, complex numbers, integers and booleans can be read", h.descr)
	}
	return k, nil
}

// pythonDict reads the literal of Python that a header is: a dictionary of strings to a string, a boolean and a tuple.
type pythonDict struct {
	text string
	i    int
	at   int64 // of the text in the file
}

// parseNPY reads the three entries of a header, in any order, each once.
func parseNPY(text string, at int64) (*npyDict, error) {
	p := &pythonDict{text: text, at: at}
	h := &npyDict{}
	if !utf8.ValidString(text) {
		return nil, wrong(at, "the header is not text")
	}
	if !p.eat("{") {
		return nil, p.expected("'{'")
	}
	seen := map[string]bool{}
	for !p.eat("}") {
		where := p.here()
		key, err := p.quoted()
		if err != nil {
			return nil, err
		}
		if !p.eat(":") {
			return nil, p.expected("':'")
		}
		if seen[key] {
			return nil, wrong(where, "the header has %q twice", key)
		}
		seen[key] = true
		if err := p.entry(key, where, h); err != nil {
			return nil, err
		}
		if !p.eat(",") && !p.eat("}") {
			return nil, p.expected("',' or '}'")
		} else if p.text[p.i-1] == '}' {
			break
		}
	}
	if rest := strings.Trim(p.text[p.i:], " \n"); rest != "" {
		return nil, p.expected("the end of the header")
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			return nil, wrong(at, "the header lacks %q", key)
		}
	}
	return h, nil
}

// entry reads the value of a key.
func (p *pythonDict) entry(key string, where int64, h *npyDict) (err error) {
	switch key {
	case "descr":
		h.descrAt = p.here()
		if strings.HasPrefix(p.text[p.i:], "[") {
			return wrong(h.descrAt, "the values are records; arrays of numbers can be read")
		}
		h.descr, err = p.quoted()
	case "fortran_order":
		switch {
		case p.eat("True"):
			h.fortran = true
		case p.eat("False"):
		default:
			return p.expected("True or False")
		}
	case "shape":
		h.shapeAt = p.here()
		h.shape, err = p.tuple()
	default:
		return wrong(where, "the header has an unknown %q", key)
	}
	return err
}

// here is the place of the next thing in the file.
func (p *pythonDict) here() int64 {
	for p.i < len(p.text) && (p.text[p.i] == ' ' || p.text[p.i] == '\n') {
		p.i++
	}
	return p.at + int64(p.i)
}

func (p *pythonDict) expected(what string) error {
	where := p.here()
	if p.i >= len(p.text) {
		return wrong(where, "the header ends where %s was expected", what)
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.i:])
	return wrong(where, "the header has %q where %s was expected", r, what)
}

func (p *pythonDict) eat(s string) bool {
	p.here()
	if !strings.HasPrefix(p.text[p.i:], s) {
		return false
	}
	p.i += len(s)
	return true
}

// quoted reads a string without escapes.
func (p *pythonDict) quoted() (string, error) {
	p.here()
	if p.i >= len(p.text) || p.text[p.i] != '\'' && p.text[p.i] != '"' {
		return "", p.expected("a string")
	}
	s := p.text[p.i+1:]
	n := strings.IndexByte(s, p.text[p.i])
	if n < 0 || n > 64 || strings.ContainsAny(s[:n], "\\\n") {
		return "", p.expected("a short string")
	}
	p.i += n + 2
	return s[:n], nil
}

// tuple reads sizes in parentheses.
func (p *pythonDict) tuple() ([]int, error) {
	shape := []int{}
	if !p.eat("(") {
		return nil, p.expected("'('")
	}
	for !p.eat(")") {
		where, n, digits := p.here(), 0, 0
		for ; p.i < len(p.text) && p.text[p.i] >= '0' && p.text[p.i] <= '9'; p.i++ {
			if digits++; digits > 12 {
				return nil, wrong(where, "a size of more than 12 digits")
			}
			n = n*10 + int(p.text[p.i]-'0')
		}
		if digits == 0 {
			return nil, p.expected("a size")
		}
		p.eat("L") // as Python 2 wrote it
		if shape = append(shape, n); len(shape) > maxDims {
			return nil, wrong(where, "more than %d dimensions", maxDims)
		}
		if !p.eat(",") {
			if !p.eat(")") {
				return nil, p.expected("',' or ')'")
			}
			break
		}
	}
	return shape, nil
}
