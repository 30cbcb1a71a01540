package compile

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// frozenType is the text of a version of a type, with stubs of its methods, for modules that have variables of that version.
type frozenType struct {
	text    string // with marks in place of the names of types
	deps    []string
	imports map[string]string
}

// A version of a type is written ⟦name|index⟧ until a module is rendered.
var versionMark = regexp.MustCompile(`⟦([^|⟧]*)\|(\d+)⟧`)

// marks lists the versions in a text, as name|index.
func marks(text string) []string {
	var out []string
	for _, m := range versionMark.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1]+"|"+m[2])
	}
	return out
}

func replaceMarks(text string, name func(name string, index int) string) string {
	return versionMark.ReplaceAllStringFunc(text, func(m string) string {
		x := versionMark.FindStringSubmatch(m)
		i, err := strconv.Atoi(x[2])
		if err != nil {
			return m
		}
		return name(x[1], i)
	})
}

// render writes the generated names of versions.
func render(text string) string { return replaceMarks(text, versionName) }

// oldNames writes names of versions that all differ from the current names of types.
func oldNames(text string) string {
	return replaceMarks(text, func(n string, i int) string { return fmt.Sprintf("%sᐧ%d", n, i+1) })
}

// versionName is the generated name of a version: the user's own name for the first, so that it prints as the user wrote it.
func versionName(name string, index int) string {
	if index == 0 && name != "Run" && name != "Reg" && name != "main" {
		return name
	}
	return fmt.Sprintf("%sᐧ%d", name, index+1)
}

// splitVersion undoes oldNames: Cfgᐧ2 is Cfg, 1.
func splitVersion(name string) (base string, index int, old bool) {
	base, n, ok := strings.Cut(name, mark)
	if !ok {
		return name, 0, false
	}
	i, err := strconv.Atoi(n)
	return base, i - 1, err == nil
}

// frozenClosure collects a version and those that its text needs.
func (s *state) frozenClosure(m string, out map[string]bool) {
	f, ok := s.frozen[m]
	if !ok || out[m] {
		return
	}
	out[m] = true
	for _, d := range f.deps {
		s.frozenClosure(d, out)
	}
}

// mark is the version of a type of the cell's package.
func (a *analysis) mark(name string) string {
	if base, i, old := splitVersion(name); old {
		return fmt.Sprintf("⟦%s|%d⟧", base, i)
	}
	return fmt.Sprintf("⟦%s|%d⟧", name, a.version[name])
}

// versions computes the keys of all types and finds their versions.
func (a *analysis) versions() {
	for _, n := range sortedKeys(a.byType) {
		a.typeKeys(n)
	}
	for _, n := range sortedKeys(a.byType) {
		known := a.c.st.versions[n]
		i := slices.Index(known, a.ident[n])
		if i < 0 {
			i = len(known)
			a.newVersions[n] = a.ident[n]
		}
		a.version[n] = i
	}
}

// typeKeys computes a type's layout key, from its declaration and those of the types that it reaches, with the lengths of arrays, and its
// identity key, which has the methods too: names and signatures, for generic types also bodies.
func (a *analysis) typeKeys(name string) {
	p := a.byType[name]
	seen := map[*piece]bool{p: true}
	queue := []*piece{p}
	for len(queue) > 0 {
		x := queue[0]
		queue = queue[1:]
		for y := range a.deps[x] {
			if y.kind == typeDecl && !seen[y] {
				seen[y] = true
				queue = append(queue, y)
			}
		}
	}
	var layout, ident []string
	for x := range seen {
		own := x.d.src + a.lengths(x.node)
		layout = append(layout, own)
		ident = append(ident, own+"\x01"+a.methodKey(x))
	}
	sort.Strings(layout)
	sort.Strings(ident)
	a.layout[name], a.ident[name] = hash(layout), hash(ident)
}

// lengths lists the lengths of the arrays in a type.
func (a *analysis) lengths(n ast.Node) string {
	var b strings.Builder
	ast.Inspect(n, func(n ast.Node) bool {
		if t, ok := n.(*ast.ArrayType); ok {
			fmt.Fprint(&b, " ", a.length(t))
		}
		return true
	})
	return b.String()
}

// length is the length of an array type, "" for a slice.
func (a *analysis) length(t *ast.ArrayType) string {
	if t.Len == nil {
		return ""
	}
	v := a.info.Types[t.Len].Value
	if v == nil {
		return ""
	}
	return constant.ToInt(v).ExactString()
}

func (a *analysis) methodKey(p *piece) string {
	name := p.d.names[0]
	generic := a.isGeneric(name)
	var keys []string
	for _, m := range a.methods[name] {
		fd, ok := m.node.(*ast.FuncDecl)
		if !ok {
			continue
		}
		o := a.info.Defs[fd.Name]
		if o == nil {
			continue
		}
		sig, ok := o.Type().(*types.Signature)
		if !ok {
			continue
		}
		k := fmt.Sprint(o.Name(), " ", sig.Recv() != nil && isPointer(sig.Recv().Type()), signatureText(sig))
		if generic {
			k += m.d.src + strconv.Itoa(a.gens[m])
		}
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return strings.Join(keys, "\x01")
}

func (a *analysis) isGeneric(name string) bool {
	p := a.byType[name]
	if p == nil {
		return false
	}
	d, ok := p.node.(*ast.GenDecl)
	if !ok {
		return false
	}
	for _, sp := range d.Specs {
		if ts, ok := sp.(*ast.TypeSpec); ok && ts.TypeParams != nil {
			return true
		}
	}
	return false
}

func signatureText(s *types.Signature) string {
	var b strings.Builder
	list := func(t *types.Tuple) {
		for v := range t.Variables() {
			b.WriteString(types.TypeString(v.Type(), nil) + ",")
		}
	}
	list(s.Params())
	fmt.Fprint(&b, s.Variadic(), ")")
	list(s.Results())
	return b.String()
}

func hash(parts []string) string {
	h := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return fmt.Sprintf("%x", h[:8])
}

// isStale says whether a variable's type contains a type whose layout has changed since.
func (a *analysis) isStale(v *variable) bool {
	for n := range v.keys {
		if has(a.layout, n) && a.layout[n] != v.layouts[n] {
			return true
		}
	}
	return false
}

// isAncestor says whether a variable's type contains a type that got other methods since, with the same layout: it is seen as the new version.
func (a *analysis) isAncestor(name string, v *variable) bool {
	if a.stale[name] {
		return false
	}
	for n, k := range v.keys {
		if has(a.ident, n) && a.ident[n] != k {
			return true
		}
	}
	return false
}

// freezeType keeps the text of a type's version so that older values stay usable.
func (a *analysis) freezeType(name string, p *piece) {
	m := fmt.Sprintf("%s|%d", name, a.version[name])
	parts := []string{withoutLines(p.file.text(p.off, p.end()-p.off))}
	files := []*file{p.file}
	for _, q := range a.methods[name] {
		files = append(files, q.file)
		if a.isGeneric(name) {
			parts = append(parts, q.file.text(q.off, q.end()-q.off))
		} else {
			parts = append(parts, a.methodStub(q))
		}
	}
	t := frozenType{text: strings.Join(parts, "\n"), imports: map[string]string{}}
	for _, f := range files {
		for alias, path := range f.imports {
			if strings.Contains(t.text, alias+".") {
				t.imports[alias] = path
			}
		}
	}
	for _, d := range marks(t.text) {
		if d != m {
			t.deps = append(t.deps, d)
		}
	}
	a.freeze[m] = t
}

var lineDirective = regexp.MustCompile(`/\*line [^*]*\*/`)

func withoutLines(text string) string { return lineDirective.ReplaceAllString(text, "") }
