package namespace

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Get gives the value of a name, or of what is reached from it: "model.Rho[3]", "grid[\"x\"]", "model.Norm" (a bound method). Fields may be
// unexported. The error wraps ErrNoName when the name is not set here.
func (n *Namespace) Get(place string) (x any, err error) {
	name, steps, err := split(place)
	if err != nil {
		return nil, err
	}
	n.update(func() {
		var v reflect.Value
		if v, err = n.root(name); err != nil {
			return
		}
		if v, err = follow(v, name, steps); err == nil {
			x, err = open(v)
		}
	})
	return x, err
}

// root gives the value that a name means: a variable, a loose value, or a function.
func (n *Namespace) root(name string) (reflect.Value, error) {
	if v, ok := n.lookup(name); ok {
		return v, nil
	}
	if f := n.funcs[name]; f != nil {
		return f.f, nil
	}
	return reflect.Value{}, fmt.Errorf("namespace: %s is %w", name, ErrNoName)
}

// open gives v as an interface, also that of an unexported field.
func open(v reflect.Value) (any, error) {
	if v.CanInterface() {
		return v.Interface(), nil
	}
	return nil, fmt.Errorf("namespace: a %v in an unexported field of a copy cannot be read", v.Type())
}

// Set gives a name a value: that of the newest variable of this name if the value fits its type (numbers are converted when nothing is
// lost), else it waits for a module that declares the name with the value's type. A place that is reached from a name, "model.Rho[3]",
// must exist and take the value. An error says what does not.
func (n *Namespace) Set(place string, x any) error {
	name, steps, err := split(place)
	if err != nil {
		return err
	}
	n.update(func() {
		if len(steps) == 0 {
			n.set(name, x)
			return
		}
		err = n.assign(name, steps, x)
	})
	return err
}

// set gives a whole name a value.
func (n *Namespace) set(name string, x any) {
	n.touched++
	var fits *variable
	var as reflect.Value
	for _, v := range n.named[name] {
		if fits != nil && (v.scope != n.o.Scope || v.gen < fits.gen && v.key.session == fits.key.session || v.turn < fits.turn) {
			continue
		}
		if c, ok := convert(x, v.at.Type()); ok {
			fits, as = v, c
		}
	}
	if fits == nil {
		n.loose[name] = &loose{v: loosen(x), turn: n.touched}
		return
	}
	fits.at.Set(as)
	fits.own, fits.hash, fits.turn = true, "", n.touched
	delete(n.loose, name)
}

// assign gives a part of a name's value a new value.
func (n *Namespace) assign(name string, steps []step, x any) error {
	v, err := n.root(name)
	if err != nil {
		return err
	}
	last := len(steps) - 1
	if v, err = follow(v, name, steps[:last]); err != nil {
		return err
	}
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	place := name + format(steps)
	if v.IsValid() && v.Kind() == reflect.Map && steps[last].index != "" {
		key, ok := keyOf(steps[last].index, v.Type().Key())
		e, fits := convert(x, v.Type().Elem())
		if !ok || !fits || v.IsNil() {
			return fmt.Errorf("namespace: setting %s: a %v does not take a %T there", place, v.Type(), x)
		}
		v.SetMapIndex(key, e)
		return nil
	}
	if v, err = follow(v, name+format(steps[:last]), steps[last:]); err != nil {
		return err
	}
	if !v.CanAddr() {
		return fmt.Errorf("namespace: setting %s: it is not a place", place)
	}
	e, ok := convert(x, v.Type())
	if !ok {
		return fmt.Errorf("namespace: setting %s: a %T is no %v", place, x, v.Type())
	}
	v.Set(e)
	return nil
}

// step is one selector or index of a place.
type step struct{ field, index string }

func format(steps []step) string {
	var b strings.Builder
	for _, s := range steps {
		if s.field != "" {
			b.WriteString("." + s.field)
		} else {
			b.WriteString("[" + s.index + "]")
		}
	}
	return b.String()
}

// split cuts a place into its name and steps.
func split(place string) (name string, steps []step, err error) {
	bad := func() (string, []step, error) {
		return "", nil, fmt.Errorf("namespace: %.60q is no name, field or element", place)
	}
	i := strings.IndexAny(place, ".[")
	if i < 0 {
		i = len(place)
	}
	name = place[:i]
	if strings.TrimSpace(name) == "" {
		return bad()
	}
	for rest := place[i:]; rest != ""; {
		if rest[0] == '.' {
			rest = rest[1:]
			if i = strings.IndexAny(rest, ".["); i < 0 {
				i = len(rest)
			}
			if i == 0 {
				return bad()
			}
			steps = append(steps, step{field: rest[:i]})
			rest = rest[i:]
			continue
		}
		if i = closing(rest); i < 0 || rest[0] != '[' {
			return bad()
		}
		steps = append(steps, step{index: strings.TrimSpace(rest[1:i])})
		rest = rest[i+1:]
		if steps[len(steps)-1].index == "" {
			return bad()
		}
	}
	return name, steps, nil
}

// closing finds the bracket that ends an index, behind a quoted key.
func closing(s string) int {
	if len(s) > 1 && (s[1] == '"' || s[1] == '`') {
		if q, err := strconv.QuotedPrefix(s[1:]); err == nil && strings.HasPrefix(s[1+len(q):], "]") {
			return 1 + len(q)
		}
		return -1
	}
	return strings.IndexByte(s, ']')
}

// follow goes from a value along steps.
func follow(v reflect.Value, name string, steps []step) (reflect.Value, error) {
	for _, s := range steps {
		next, err := take(v, s)
		if err != nil {
			return v, fmt.Errorf("namespace: %s: %w", name, err)
		}
		v = plain(next)
		name += format([]step{s})
	}
	return v, nil
}

// plain forgets that a value came from an unexported field, where it has an address.
func plain(v reflect.Value) reflect.Value {
	if v.CanAddr() && !v.CanInterface() {
		return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
	}
	return v
}

func take(v reflect.Value, s step) (reflect.Value, error) {
	if s.field != "" {
		if m := method(v, s.field); m.IsValid() {
			return m, nil
		}
	}
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return v, fmt.Errorf("it is nil")
		}
		if v = v.Elem(); s.field != "" {
			if m := method(v, s.field); m.IsValid() {
				return m, nil
			}
		}
	}
	switch {
	case s.field != "" && v.Kind() == reflect.Struct:
		if f, ok := v.Type().FieldByName(s.field); ok {
			if out, err := v.FieldByIndexErr(f.Index); err == nil {
				return out, nil
			}
		}
	case s.index != "" && v.Kind() == reflect.Map:
		if key, ok := keyOf(s.index, v.Type().Key()); ok {
			if out := v.MapIndex(key); out.IsValid() {
				return out, nil
			}
		}
		return v, fmt.Errorf("no element [%s]", s.index)
	case s.index != "" && (v.Kind() == reflect.Slice || v.Kind() == reflect.Array):
		i, err := strconv.Atoi(s.index)
		if err != nil || i < 0 || i >= v.Len() {
			return v, fmt.Errorf("index [%s] with length %d", s.index, v.Len())
		}
		return v.Index(i), nil
	}
	return v, fmt.Errorf("a %v has no %s", v.Type(), strings.TrimPrefix(format([]step{s}), "."))
}

// method finds an exported method of v or of its address.
func method(v reflect.Value, name string) reflect.Value {
	if !v.IsValid() || !v.CanInterface() || v.Kind() == reflect.Interface && v.IsNil() {
		return reflect.Value{}
	}
	if v.CanAddr() {
		if m := v.Addr().MethodByName(name); m.IsValid() {
			return m
		}
	}
	return v.MethodByName(name)
}

// keyOf makes a map's key of the text of an index: a quoted string, an integer, or a float.
func keyOf(text string, t reflect.Type) (reflect.Value, bool) {
	if s, err := strconv.Unquote(text); err == nil {
		return convert(s, t)
	}
	if i, err := strconv.Atoi(text); err == nil {
		return convert(i, t)
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return convert(f, t)
	}
	return reflect.Value{}, false
}
