package compile

import (
	"fmt"
	"go/types"
	"strconv"
	"strings"
)

// typeWriter writes types as Go text.
type typeWriter struct {
	pkg     *types.Package
	name    func(string) string // of a type of the package
	imports map[string]string   // what the text needs is added here
	err     error
}

// typeText writes a type; name writes the names of the session's own types. It fails for types that have no name at the top level.
func (u *unit) typeText(t types.Type, name func(string) string, imports map[string]string) (string, error) {
	w := &typeWriter{pkg: u.pkg, name: name, imports: imports}
	text := w.text(t)
	return text, w.err
}

func (w *typeWriter) fail(format string, args ...any) string {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
	return "invalid"
}

// alias is the local name by which generated code imports a package.
func alias(path string) string {
	return "pᐧ" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, path)
}

func (w *typeWriter) named(o *types.TypeName, args *types.TypeList) string {
	s := o.Name()
	switch {
	case o.Pkg() == nil:
	case o.Pkg() != w.pkg:
		if !o.Exported() {
			return w.fail("the unexported type %s.%s cannot be the type of a notebook variable", o.Pkg().Name(), o.Name())
		}
		w.imports[alias(o.Pkg().Path())] = o.Pkg().Path()
		s = alias(o.Pkg().Path()) + "." + s
	case o.Parent() != w.pkg.Scope():
		return w.fail("the type %s is local to a function and cannot be the type of a notebook variable", o.Name())
	default:
		s = w.name(s)
	}
	if args.Len() == 0 {
		return s
	}
	var list []string
	for t := range args.Types() {
		list = append(list, w.text(t))
	}
	return s + "[" + strings.Join(list, ", ") + "]"
}

func (w *typeWriter) tuple(t *types.Tuple, variadic bool) string {
	var list []string
	for i := range t.Len() {
		s := w.text(t.At(i).Type())
		if variadic && i == t.Len()-1 {
			s = "..." + strings.TrimPrefix(s, "[]")
		}
		list = append(list, s)
	}
	return "(" + strings.Join(list, ", ") + ")"
}

func (w *typeWriter) text(t types.Type) string {
	switch t := t.(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			w.imports[alias("unsafe")] = "unsafe"
			return alias("unsafe") + ".Pointer"
		}
		return t.Name()
	case *types.Named:
		return w.named(t.Obj(), t.TypeArgs())
	case *types.Alias:
		return w.named(t.Obj(), t.TypeArgs())
	case *types.Pointer:
		return "*" + w.text(t.Elem())
	case *types.Slice:
		return "[]" + w.text(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), w.text(t.Elem()))
	case *types.Map:
		return "map[" + w.text(t.Key()) + "]" + w.text(t.Elem())
	case *types.Chan:
		return map[types.ChanDir]string{types.SendOnly: "chan<- ", types.RecvOnly: "<-chan ", types.SendRecv: "chan "}[t.Dir()] + "(" + w.text(t.Elem()) + ")"
	case *types.Signature:
		s := "func" + w.tuple(t.Params(), t.Variadic())
		if t.Results().Len() > 0 {
			s += " " + w.tuple(t.Results(), false)
		}
		return s
	case *types.Struct:
		return w.structText(t)
	case *types.Interface:
		return w.interfaceText(t)
	case *types.TypeParam:
		return w.fail("the type parameter %s has no meaning there", t.Obj().Name())
	}
	return w.fail("the type %s has no text", t)
}

func (w *typeWriter) structText(t *types.Struct) string {
	var b strings.Builder
	b.WriteString("struct {")
	for i := range t.NumFields() {
		f := t.Field(i)
		if !f.Exported() && f.Pkg() != nil && f.Pkg() != w.pkg {
			return w.fail("a struct with the unexported field %s of package %s cannot be the type of a notebook variable", f.Name(), f.Pkg().Name())
		}
		if !f.Embedded() {
			b.WriteString(f.Name() + " ")
		}
		b.WriteString(w.text(f.Type()))
		if tag := t.Tag(i); tag != "" {
			b.WriteString(" " + strconv.Quote(tag))
		}
		b.WriteString("; ")
	}
	return b.String() + "}"
}

func (w *typeWriter) interfaceText(t *types.Interface) string {
	if t.NumMethods() == 0 && t.NumEmbeddeds() == 0 {
		return "any"
	}
	var b strings.Builder
	b.WriteString("interface {")
	for m := range t.ExplicitMethods() {
		b.WriteString(m.Name() + strings.TrimPrefix(w.text(m.Type()), "func") + "; ")
	}
	for e := range t.EmbeddedTypes() {
		b.WriteString(w.text(e) + "; ")
	}
	return b.String() + "}"
}

// shown writes a type for messages.
func (u *unit) shown(t types.Type) string {
	return readable(types.TypeString(t, func(p *types.Package) string {
		if p == u.pkg {
			return ""
		}
		return p.Name()
	}))
}

// ownTypes lists the names of the package's types that occur in a type.
func (u *unit) ownTypes(t types.Type, out map[string]bool) {
	seen := map[types.Type]bool{}
	var visit func(t types.Type)
	tuple := func(t *types.Tuple) {
		for v := range t.Variables() {
			visit(v.Type())
		}
	}
	visit = func(t types.Type) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		switch t := t.(type) {
		case *types.Named:
			if t.Obj().Pkg() == u.pkg {
				out[t.Obj().Name()] = true
			}
			for arg := range t.TypeArgs().Types() {
				visit(arg)
			}
		case *types.Alias:
			if t.Obj().Pkg() == u.pkg {
				out[t.Obj().Name()] = true
			}
			visit(types.Unalias(t))
		case *types.Pointer:
			visit(t.Elem())
		case *types.Slice:
			visit(t.Elem())
		case *types.Array:
			visit(t.Elem())
		case *types.Map:
			visit(t.Key())
			visit(t.Elem())
		case *types.Chan:
			visit(t.Elem())
		case *types.Signature:
			tuple(t.Params())
			tuple(t.Results())
		case *types.Struct:
			for f := range t.Fields() {
				visit(f.Type())
			}
		case *types.Interface:
			for m := range t.ExplicitMethods() {
				visit(m.Type())
			}
			for e := range t.EmbeddedTypes() {
				visit(e)
			}
		}
	}
	visit(t)
}
