package value

import (
	"fmt"
	"go/token"
	"reflect"
)

// knownType is a type that a decoder has read.
type knownType struct {
	t      reflect.Type
	weight int
}

// typ reads a type; nil stands for none.
func (d *decoder) typ() (reflect.Type, error) {
	ref, err := d.uint()
	if err != nil || ref == typeNil {
		return nil, err
	}
	k, err := d.typeOf(ref, 0)
	return k.t, err
}

func (d *decoder) typeRef(depth int) (knownType, error) {
	ref, err := d.uint()
	if err != nil {
		return knownType{}, err
	}
	return d.typeOf(ref, depth)
}

func (d *decoder) typeOf(ref uint64, depth int) (knownType, error) {
	switch {
	case ref == typeNew && depth < mostWeight && len(d.types) < mostTypes:
		k, err := d.define(depth + 1)
		if err == nil && k.weight > mostWeight {
			err = malformed("a type of %d parts", k.weight)
		}
		d.types = append(d.types, k)
		return k, err
	case ref >= typeKnown && ref-typeKnown < uint64(len(d.types)):
		return d.types[ref-typeKnown], nil
	}
	return knownType{}, malformed("type %d of %d", ref, len(d.types))
}

func (d *decoder) define(depth int) (knownType, error) {
	b, err := d.byte()
	if err != nil {
		return knownType{}, err
	}
	if b == named {
		t, err := d.typeByName()
		return knownType{t, 1}, err
	}
	kind := reflect.Kind(b)
	if t := basic[kind]; t != nil {
		return knownType{t, 1}, nil
	}
	switch kind {
	case reflect.Pointer, reflect.Slice:
		k, err := d.typeRef(depth)
		if err != nil {
			return k, err
		}
		if kind == reflect.Pointer {
			return knownType{reflect.PointerTo(k.t), 1 + k.weight}, nil
		}
		return knownType{reflect.SliceOf(k.t), 1 + k.weight}, nil
	case reflect.Array:
		return d.defineArray(depth)
	case reflect.Map:
		key, err := d.typeRef(depth)
		if err != nil {
			return key, err
		}
		elem, err := d.typeRef(depth)
		if err != nil {
			return elem, err
		}
		if !key.t.Comparable() {
			return elem, malformed("a map with keys of type %v", key.t)
		}
		return knownType{reflect.MapOf(key.t, elem.t), 1 + key.weight + elem.weight}, nil
	case reflect.Struct:
		return d.defineStruct(depth)
	default:
		return knownType{}, malformed("a type of kind %d", b)
	}
}

func (d *decoder) typeByName() (reflect.Type, error) {
	name, err := d.string()
	if err != nil {
		return nil, err
	}
	_, byName := ownNames()
	t, ok := byName[name]
	if !ok && d.o.Types != nil {
		t, ok = d.o.Types.TypeByName(name)
	}
	if !ok || t == nil {
		return nil, fmt.Errorf("type %s is not known here", name)
	}
	return t, d.sameType(name, t, name)
}

func (d *decoder) defineArray(depth int) (knownType, error) {
	n, err := d.uint()
	if err != nil {
		return knownType{}, err
	}
	k, err := d.typeRef(depth)
	if err != nil {
		return k, err
	}
	if n > uint64(d.o.Limits.Elements) || k.t.Size() > 0 && n > uint64(d.budget)/uint64(k.t.Size()) {
		return k, malformed("an array of %d elements", n)
	}
	return knownType{reflect.ArrayOf(int(n), k.t), 1 + k.weight}, nil
}

func (d *decoder) defineStruct(depth int) (knownType, error) {
	n, err := d.count(4)
	if err != nil {
		return knownType{}, err
	}
	fields := make([]reflect.StructField, n)
	weight := 1
	for i := range fields {
		f := &fields[i]
		var tag string
		for _, s := range []*string{&f.Name, &f.PkgPath, &tag} {
			if *s, err = d.string(); err != nil {
				return knownType{}, err
			}
		}
		k, err := d.typeRef(depth)
		if err != nil {
			return knownType{}, err
		}
		f.Tag, f.Type = reflect.StructTag(tag), k.t
		if weight += k.weight + len(tag)/16; weight > mostWeight {
			return knownType{}, malformed("a struct of %d parts", weight)
		}
		if !token.IsIdentifier(f.Name) || token.IsExported(f.Name) != (f.PkgPath == "") || f.Name == "_" {
			return knownType{}, malformed("a field called %.40q", f.Name)
		}
	}
	t, err := structOf(fields)
	return knownType{t, weight}, err
}

// structOf is reflect.StructOf, which has no other way to refuse (a name twice, two packages) than to panic.
func structOf(fields []reflect.StructField) (t reflect.Type, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = malformed("a struct: %v", r)
		}
	}()
	return reflect.StructOf(fields), nil
}
