package notebook

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Tags that papermill and this package know.
const (
	tagParameters = "parameters"
	tagInjected   = "injected-parameters"
	tagMayFail    = "raises-exception" // the run goes on when such a cell fails
	tagSkip       = "skip-execution"
)

// Assignment gives a parameter a value, as text.
type Assignment struct{ Name, Value string }

// ParseAssignment reads NAME=VALUE.
func ParseAssignment(s string) (Assignment, error) {
	name, value, ok := strings.Cut(s, "=")
	name = strings.TrimSpace(name)
	if !ok || !token.IsIdentifier(name) {
		return Assignment{}, fmt.Errorf("notebook: parameter %q: want NAME=VALUE", s)
	}
	return Assignment{name, value}, nil
}

// kind is what can be told of a parameter's type from its default.
type kind string

const (
	kindString kind = "a string"
	kindBool   kind = "true or false"
	kindInt    kind = "a whole number"
	kindFloat  kind = "a number"
	kindOther  kind = "an expression"
)

// Parameter is a name that the parameters cell declares.
type Parameter struct {
	Name    string
	Default string // as written; empty for a variable without one
	kind    kind
}

// Parameters gives what the cell tagged "parameters" declares, in order; nil without such a cell.
func (nb *Notebook) Parameters() ([]Parameter, error) {
	i := nb.parametersCell()
	if i < 0 {
		return nil, nil
	}
	ps, err := declared(nb.Cells[i].Source)
	if err != nil {
		return nil, fmt.Errorf("notebook: cell %d, the parameters: %w", i+1, err)
	}
	return ps, nil
}

func (nb *Notebook) parametersCell() int {
	return slices.IndexFunc(nb.Cells, func(c *Cell) bool { return c.Type == Code && c.Tagged(tagParameters) })
}

// Inject puts a cell of assignments behind the parameters cell, in place of one that is there from an earlier run. Values are
// read as Go literals of the variable's type; for a string a bare word will do.
func (nb *Notebook) Inject(set []Assignment) error {
	if len(set) == 0 {
		return nil
	}
	known, err := nb.Parameters()
	if err != nil {
		return err
	}
	at := nb.parametersCell()
	if at < 0 {
		return fmt.Errorf("notebook: setting %s: no cell is tagged %q", set[0].Name, tagParameters)
	}
	source := []string{"// Parameters"}
	for _, a := range set {
		i := slices.IndexFunc(known, func(p Parameter) bool { return p.Name == a.Name })
		if i < 0 {
			var names []string
			for _, p := range known {
				names = append(names, p.Name)
			}
			return fmt.Errorf("notebook: there is no parameter %s; there are: %s", a.Name, strings.Join(names, ", "))
		}
		value, err := known[i].literal(a.Value)
		if err != nil {
			return err
		}
		source = append(source, a.Name+" = "+value)
	}
	c := &Cell{ID: newID(), Type: Code, Source: strings.Join(source, "\n"), Metadata: map[string]any{"tags": []any{tagInjected}}}
	if at+1 < len(nb.Cells) && nb.Cells[at+1].Tagged(tagInjected) {
		nb.Cells[at+1] = c
	} else {
		nb.Cells = slices.Insert(nb.Cells, at+1, c)
	}
	nb.giveIDs()
	return nil
}

// literal gives a value as Go source for the parameter.
func (p Parameter) literal(value string) (string, error) {
	trimmed := strings.TrimSpace(value)
	bad := fmt.Errorf("notebook: parameter %s: %q is not %s (its default is %s)", p.Name, value, p.kind, p.Default)
	switch p.kind {
	case kindString:
		if _, err := strconv.Unquote(trimmed); err == nil && trimmed[0] != '\'' {
			return trimmed, nil
		}
		return strconv.Quote(value), nil
	case kindBool:
		if trimmed != "true" && trimmed != "false" {
			return "", bad
		}
		return trimmed, nil
	case kindInt, kindFloat:
		if !isNumber(trimmed, p.kind) {
			return "", bad
		}
		return trimmed, nil
	case kindOther:
	}
	x, err := parser.ParseExpr(trimmed)
	if err != nil {
		return strconv.Quote(value), nil
	}
	if id, ok := x.(*ast.Ident); ok && id.Name != "true" && id.Name != "false" && id.Name != "nil" {
		return strconv.Quote(value), nil
	}
	return trimmed, nil
}

// isNumber says whether s is a number literal of Go, with a sign perhaps.
func isNumber(s string, k kind) bool {
	x, err := parser.ParseExpr(s)
	if err != nil {
		return false
	}
	if u, ok := x.(*ast.UnaryExpr); ok && (u.Op == token.SUB || u.Op == token.ADD) {
		x = u.X
	}
	lit, ok := x.(*ast.BasicLit)
	return ok && (lit.Kind == token.INT || lit.Kind == token.FLOAT && k == kindFloat)
}

// imports matches import declarations, which are no statements.
var imports = regexp.MustCompile(`(?m)^import\s*(\([^)]*\)|[^\n]*)`)

// magics matches lines that are no Go.
var magics = regexp.MustCompile(`(?m)^[%!].*$`)

// declared gives the variables that a cell declares at its top.
func declared(source string) ([]Parameter, error) {
	source = magics.ReplaceAllString(imports.ReplaceAllString(source, ""), "")
	const head = "package p; func _() { "
	f, err := parser.ParseFile(token.NewFileSet(), "", head+source+"\n}", parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	body := f.Decls[0].(*ast.FuncDecl).Body // the head begins one
	written := func(n ast.Node) string { return (head + source + "\n}")[n.Pos()-f.FileStart : n.End()-f.FileStart] }
	var ps []Parameter
	add := func(name *ast.Ident, typ, value ast.Expr) {
		p := Parameter{Name: name.Name, kind: kindOf(typ, value)}
		if value != nil {
			p.Default = written(value)
		}
		ps = slices.DeleteFunc(ps, func(q Parameter) bool { return q.Name == p.Name })
		ps = append(ps, p)
	}
	for _, s := range body.List {
		switch s := s.(type) {
		case *ast.AssignStmt:
			for i, l := range s.Lhs {
				if id, ok := l.(*ast.Ident); ok && s.Tok == token.DEFINE && len(s.Lhs) == len(s.Rhs) && id.Name != "_" {
					add(id, nil, s.Rhs[i])
				}
			}
		case *ast.DeclStmt:
			d, ok := s.Decl.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				v, ok := spec.(*ast.ValueSpec)
				if !ok {
					continue
				}
				for i, id := range v.Names {
					var value ast.Expr
					if i < len(v.Values) {
						value = v.Values[i]
					}
					add(id, v.Type, value)
				}
			}
		}
	}
	return ps, nil
}

// kindOf tells a type from its name, or from a value of it.
func kindOf(typ, value ast.Expr) kind {
	if id, ok := typ.(*ast.Ident); ok {
		switch id.Name {
		case "string":
			return kindString
		case "bool":
			return kindBool
		case "float32", "float64":
			return kindFloat
		case "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "byte", "rune", "uintptr":
			return kindInt
		}
	}
	if typ != nil {
		return kindOther
	}
	switch v := value.(type) {
	case *ast.BasicLit:
		switch v.Kind {
		case token.STRING:
			return kindString
		case token.INT:
			return kindInt
		case token.FLOAT:
			return kindFloat
		default:
		}
	case *ast.UnaryExpr:
		return kindOf(nil, v.X)
	case *ast.ParenExpr:
		return kindOf(nil, v.X)
	case *ast.Ident:
		if v.Name == "true" || v.Name == "false" {
			return kindBool
		}
	case *ast.BinaryExpr:
		if x := kindOf(nil, v.X); x == kindFloat || x == kindString {
			return x
		}
		return kindOf(nil, v.Y)
	case *ast.CallExpr:
		if id, ok := v.Fun.(*ast.Ident); ok && len(v.Args) == 1 {
			return kindOf(id, nil)
		}
	}
	return kindOther
}
