package compile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
)

// CheckAlone type-checks a file by itself.
func CheckAlone(t *Toolchain, src string) error {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "alone.go", src, 0)
	if err != nil {
		return err
	}
	_, err = (&types.Config{Importer: toolchainImporter{t}}).Check("alone", fset, []*ast.File{f}, nil)
	return err
}

// WithFault makes options of a toolchain whose stubs lack pointer masks, or relocations of type descriptors.
func WithFault(o Options, noMasks, noMoves bool) Options {
	o.fault = fault{noMasks: noMasks, noMoves: noMoves}
	return o
}

// HideSymbol makes the program look as if it lacked a symbol.
func HideSymbol(t *Toolchain, name string) { delete(t.program.symbols, name) }

// HasSymbol says whether the program has a symbol.
func HasSymbol(t *Toolchain, name string) bool {
	_, ok := t.program.symbols[name]
	return ok
}

// MakeStale makes a package look as if it had changed since the program was built.
func MakeStale(t *Toolchain, path string) { t.exports.stale[path] = true }

// Stale lists the packages that differ from those of the program.
func Stale(t *Toolchain) []string { return sortedKeys(t.exports.stale) }
