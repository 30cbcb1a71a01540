package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"

	"github.com/galeproject/gale/module"
)

// Candidate is a text that could stand at the cursor.
type Candidate struct {
	Text      string
	Kind      string // function, method, type, variable, constant, field, module, keyword, label, path, key
	Signature string // of functions, type of variables and fields
}

// Range is the bytes of the source that a candidate replaces.
type Range struct{ Start, End int }

// Complete lists what could stand at an offset of a source, which need not be complete or right. It compiles nothing and changes nothing.
func (s *Session) Complete(src string, off int) ([]Candidate, Range) {
	off = max(0, min(off, len(src)))
	if s.t.mode == None {
		return nil, Range{off, off}
	}
	switch tok, from, to := tokenAt(src, off); tok {
	case token.STRING:
		if list, r, in := s.completeImport(src, off, from, to); in {
			return list, r
		}
		return completeFile(src, off, from)
	case token.ILLEGAL:
	default:
		return nil, Range{off, off}
	}
	from, to := identifierAt(src, off)
	prefix := src[from:off]
	before := strings.TrimRight(src[:from], " \t\n")
	f := &finder{s: s, prefix: prefix, seen: map[string]bool{}, selector: strings.HasSuffix(before, ".") && !strings.HasSuffix(before, "...")}
	// strings of the source may hold the letters of the hole: only an identifier is looked for
	text := closed(src[:from] + hole + src[to:])
	if a := s.look(text); a != nil {
		f.a = a
		f.find()
	}
	if !f.selector {
		f.session()
	}
	sort.SliceStable(f.list, func(i, j int) bool { return f.list[i].Text < f.list[j].Text })
	return f.list, Range{from, off}
}

// finder collects candidates.
type finder struct {
	s        *Session
	a        *analysis
	prefix   string
	selector bool // behind a dot
	list     []Candidate
	seen     map[string]bool
}

func (f *finder) add(name, kind, signature string) {
	if strings.HasPrefix(name, f.prefix) && !strings.Contains(name, mark) && name != "_" && !f.seen[name] {
		f.seen[name] = true
		f.list = append(f.list, Candidate{Text: name, Kind: kind, Signature: signature})
	}
}

func (f *finder) object(name string, o types.Object) { f.add(name, kindOf(o), f.signature(o)) }

func (f *finder) signature(o types.Object) string {
	switch o.(type) {
	case *types.Func, *types.Var, *types.Const:
		if f.a != nil && o.Type() != nil {
			return f.a.shown(o.Type())
		}
	}
	return ""
}

// find looks at where the hole is.
func (f *finder) find() {
	mine := f.a.mine()
	if mine == nil {
		return
	}
	var id *ast.Ident
	var parents []ast.Node
	var stack []ast.Node
	ast.Inspect(mine.ast, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if x, ok := n.(*ast.Ident); ok && x.Name == hole && id == nil {
			id, parents = x, append([]ast.Node(nil), stack...)
		}
		stack = append(stack, n)
		return true
	})
	if id == nil {
		return
	}
	if len(parents) > 0 {
		if se, ok := parents[len(parents)-1].(*ast.SelectorExpr); ok && se.Sel == id {
			f.members(se.X)
			return
		}
	}
	f.fieldsOf(id, parents)
	f.scopes(id.Pos())
}

// members lists what can stand behind x and a dot.
func (f *finder) members(x ast.Expr) {
	if id, ok := x.(*ast.Ident); ok {
		if p, ok := f.a.info.Uses[id].(*types.PkgName); ok {
			for _, n := range p.Imported().Scope().Names() {
				if o := p.Imported().Scope().Lookup(n); o.Exported() {
					f.object(n, o)
				}
			}
			return
		}
	}
	t := f.a.info.TypeOf(x)
	if t == nil {
		return
	}
	if tuple, ok := t.(*types.Tuple); ok && tuple.Len() == 1 {
		t = tuple.At(0).Type()
	}
	f.selections(t, 0, map[types.Type]bool{})
	recv := t
	if !types.IsInterface(t) && !isPointer(t) {
		recv = types.NewPointer(t)
	}
	for sel := range types.NewMethodSet(recv).Methods() {
		if o := sel.Obj(); o.Exported() || o.Pkg() == f.a.pkg {
			f.object(o.Name(), o)
		}
	}
}

// selections lists fields, promoted ones too.
func (f *finder) selections(t types.Type, depth int, seen map[types.Type]bool) {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok || seen[t] || depth > 8 {
		return
	}
	seen[t] = true
	for v := range st.Fields() {
		if v.Exported() || v.Pkg() == f.a.pkg {
			f.object(v.Name(), v)
		}
	}
	for v := range st.Fields() {
		if v.Embedded() {
			f.selections(v.Type(), depth+1, seen)
		}
	}
}

// fieldsOf lists the fields that can be keys at the hole in a composite literal.
func (f *finder) fieldsOf(id *ast.Ident, parents []ast.Node) {
	if len(parents) == 0 {
		return
	}
	n := parents[len(parents)-1]
	if kv, ok := n.(*ast.KeyValueExpr); ok && kv.Key == id && len(parents) > 1 {
		n = parents[len(parents)-2]
	}
	lit, ok := n.(*ast.CompositeLit)
	if !ok {
		return
	}
	if t := f.a.info.TypeOf(lit); t != nil {
		if st, ok := t.Underlying().(*types.Struct); ok {
			for v := range st.Fields() {
				if v.Exported() || v.Pkg() == f.a.pkg {
					f.object(v.Name(), v)
				}
			}
		}
	}
}

// scopes lists the names that are visible at a position, innermost first.
func (f *finder) scopes(pos token.Pos) {
	inner := f.a.pkg.Scope().Innermost(pos)
	for s := inner; s != nil; s = s.Parent() {
		for _, n := range s.Names() {
			o := s.Lookup(n)
			local := s != f.a.pkg.Scope() && s != types.Universe && s.Parent() != f.a.pkg.Scope()
			if local && o.Pos() > pos {
				continue
			}
			f.object(n, o)
		}
	}
}

// session lists what the session knows, keywords, and packages that need no import.
func (f *finder) session() {
	st := f.s.current()
	for _, scope := range []module.Scope{module.Local, module.Engines} {
		for n, v := range st.vars[scope] {
			f.add(n, "variable", v.shown)
		}
	}
	for _, d := range st.decls {
		if d.kind == methodDecl {
			continue
		}
		for _, n := range d.names {
			f.add(n, map[kind]string{typeDecl: "type", funcDecl: "function", constDecl: "constant"}[d.kind], signatureLine(d))
		}
	}
	for n := range st.imports {
		if !strings.HasPrefix(n, ".") && !strings.HasPrefix(n, "_") {
			f.add(n, "module", "")
		}
	}
	f.add("ctx", "variable", "context.Context")
	f.add("must", "function", "func[T any](v T, err error) T")
	f.add("show", "function", "func(v ...any)")
	for _, n := range types.Universe.Names() {
		f.object(n, types.Universe.Lookup(n))
	}
	for t := token.BREAK; t <= token.VAR; t++ {
		f.add(t.String(), "keyword", "")
	}
	for n := range f.s.t.exports.names {
		f.add(n, "module", "")
	}
}

// signatureLine is the first line of a function's declaration without its body.
func signatureLine(d *decl) string {
	if d.kind != funcDecl {
		return ""
	}
	first, _, _ := strings.Cut(d.src, "\n")
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(strings.SplitN(first, "{", 2)[0]), "{"))
}
