package kernel

import (
	"strings"

	"github.com/galeproject/gale/wire"
)

// Formatter is what a [Compiler] may also be: Format gives a cell as gofmt writes it. Lines that are no Go are blank in source and stand
// in text, which is as long.
type Formatter interface {
	Format(source, text string) (string, error)
}

// formatMagics are those of a compiler that formats.
func formatMagics(f Formatter) []magic {
	return []magic{{"%%fmt", "", "write the cell as gofmt does, in its place; it does not run", func(c *cell, code string, p part) *wire.Failure {
		body := strings.TrimLeft(code[p.to-len(p.body):p.to], "\n")
		text, err := f.Format(masked(body), body)
		if err != nil {
			return usage("%%%%fmt: %s", strings.TrimPrefix(err.Error(), "compile: "))
		}
		c.payloads = append(c.payloads, inputPayload{Source: "set_next_input", Text: text, Replace: true})
		return nil
	}}}
}
