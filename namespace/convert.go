package namespace

import (
	"math"
	"reflect"
	"strings"
)

// convert gives x as a value of type t: when it is assignable, or when both are numbers (or slices or arrays of them) and nothing is
// lost. Slices of any, which a foreign client sends for its lists, are converted element by element.
func convert(x any, t reflect.Type) (reflect.Value, bool) {
	v := reflect.ValueOf(x)
	if !v.IsValid() {
		switch t.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map, reflect.Func, reflect.Chan:
			return reflect.Zero(t), true
		default:
			return reflect.Value{}, false
		}
	}
	return convertValue(v, t)
}

func convertValue(v reflect.Value, t reflect.Type) (reflect.Value, bool) {
	if v.Type().AssignableTo(t) {
		return v, true
	}
	if v.Kind() == reflect.Interface {
		if v.IsNil() {
			return convert(nil, t)
		}
		v = v.Elem()
		if v.Type().AssignableTo(t) {
			return v, true
		}
	}
	switch k := t.Kind(); {
	case v.Kind() == k && (k == reflect.String || k == reflect.Bool):
		return v.Convert(t), true
	case number(k) && number(v.Kind()):
		return convertNumber(v, t)
	case k == reflect.Slice && v.Kind() == reflect.Slice:
		if v.IsNil() {
			return reflect.Zero(t), true
		}
		out := reflect.MakeSlice(t, v.Len(), v.Len())
		return out, convertEach(v, out)
	case k == reflect.Array && (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && v.Len() == t.Len():
		out := reflect.New(t).Elem()
		return out, convertEach(v, out)
	case k == reflect.Map && v.Kind() == reflect.Map:
		return convertMap(v, t)
	case k == reflect.Struct && v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		return convertFields(v, t)
	}
	return reflect.Value{}, false
}

func convertEach(v, out reflect.Value) bool {
	for i := range v.Len() {
		e, ok := convertValue(v.Index(i), out.Type().Elem())
		if !ok {
			return false
		}
		out.Index(i).Set(e)
	}
	return true
}

func convertMap(v reflect.Value, t reflect.Type) (reflect.Value, bool) {
	if v.IsNil() {
		return reflect.Zero(t), true
	}
	out := reflect.MakeMapWithSize(t, v.Len())
	for it := v.MapRange(); it.Next(); {
		key, ok1 := convertValue(it.Key(), t.Key())
		val, ok2 := convertValue(it.Value(), t.Elem())
		if !ok1 || !ok2 {
			return reflect.Value{}, false
		}
		out.SetMapIndex(key, val)
	}
	return out, true
}

// convertFields makes a struct of a dict or of keyword arguments: every key must be an exported field, in whatever case; fields that are not
// named stay zero.
func convertFields(v reflect.Value, t reflect.Type) (reflect.Value, bool) {
	out := reflect.New(t).Elem()
	for it := v.MapRange(); it.Next(); {
		field, ok := t.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, it.Key().String()) })
		if !ok || !field.IsExported() || len(field.Index) > 1 {
			return out, false
		}
		x, ok := convertValue(it.Value(), field.Type)
		if !ok {
			return out, false
		}
		out.FieldByIndex(field.Index).Set(x)
	}
	return out, true
}

func number(k reflect.Kind) bool {
	return k >= reflect.Int && k <= reflect.Complex128 && k != reflect.Uintptr
}

// convertNumber converts a number if the result, converted back, is the same.
func convertNumber(v reflect.Value, t reflect.Type) (reflect.Value, bool) {
	from, to := v.Kind(), t.Kind()
	cplx := func(k reflect.Kind) bool { return k == reflect.Complex64 || k == reflect.Complex128 }
	switch {
	case cplx(from) && cplx(to):
		return v.Convert(t), true
	case cplx(from):
		return reflect.Value{}, false
	case cplx(to):
		f, ok := convertNumber(v, reflect.TypeFor[float64]())
		if !ok {
			return reflect.Value{}, false
		}
		return reflect.ValueOf(complex(f.Float(), 0)).Convert(t), true
	}
	float := func(k reflect.Kind) bool { return k == reflect.Float32 || k == reflect.Float64 }
	out := v.Convert(t)
	if float(from) && float(to) {
		return out, true // precision is what the variable's type says
	}
	if float(from) && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)) {
		return reflect.Value{}, false
	}
	if signed(out) < 0 != (signed(v) < 0) || !out.Convert(v.Type()).Equal(v) {
		return reflect.Value{}, false
	}
	return out, true
}

// signed gives the sign of a number.
func signed(v reflect.Value) int {
	negative := v.CanInt() && v.Int() < 0 || v.CanFloat() && v.Float() < 0
	if negative {
		return -1
	}
	return 1
}
