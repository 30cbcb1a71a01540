package controller

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// condition is one field's part of a query: {field: value} or {field: {operator: value, …}}.
type condition struct {
	field string
	tests []func(v any) bool
}

// parseQuery reads a query in MongoDB's form; all its conditions must hold.
func parseQuery(raw json.RawMessage) ([]condition, error) {
	var fields map[string]any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &fields); err != nil {
			return nil, fmt.Errorf("controller: query: %w", err)
		}
	}
	var all []condition
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(recordKeys, name) {
			return nil, fmt.Errorf("controller: query: there is no key %q", name)
		}
		c := condition{field: name}
		ops, isOps := fields[name].(map[string]any)
		if !isOps || len(ops) == 0 || slices.ContainsFunc(slices.Collect(maps.Keys(ops)), func(k string) bool { return !strings.HasPrefix(k, "$") }) {
			want := fields[name]
			c.tests = append(c.tests, func(v any) bool { return same(v, want) })
		} else {
			for op, want := range ops {
				t, err := operator(op, want)
				if err != nil {
					return nil, err
				}
				c.tests = append(c.tests, t)
			}
		}
		all = append(all, c)
	}
	return all, nil
}

// operator gives the test of an operator. Values of different types never match.
func operator(op string, want any) (func(any) bool, error) {
	ordered := func(ok func(int) bool) func(any) bool {
		return func(v any) bool { n, comparable := order(v, want); return comparable && ok(n) }
	}
	list, isList := want.([]any)
	switch op {
	case "$lt":
		return ordered(func(n int) bool { return n < 0 }), nil
	case "$gt":
		return ordered(func(n int) bool { return n > 0 }), nil
	case "$lte":
		return ordered(func(n int) bool { return n <= 0 }), nil
	case "$gte":
		return ordered(func(n int) bool { return n >= 0 }), nil
	case "$eq":
		return func(v any) bool { return same(v, want) }, nil
	case "$ne":
		return func(v any) bool { return !same(v, want) }, nil
	case "$exists":
		return func(v any) bool { return (v != nil) == (want == true) }, nil
	case "$in", "$nin", "$all", "$mod":
		if !isList {
			return nil, fmt.Errorf("controller: query: %s wants a list", op)
		}
		return listOperator(op, list)
	case "$glob":
		pattern, ok := want.(string)
		if !ok {
			return nil, fmt.Errorf("controller: query: $glob wants a string")
		}
		re, err := glob(pattern)
		if err != nil {
			return nil, err
		}
		return func(v any) bool { s, ok := v.(string); return ok && re.MatchString(s) }, nil
	}
	return nil, fmt.Errorf("controller: query: unknown operator %q", op)
}

func listOperator(op string, list []any) (func(any) bool, error) {
	contains := func(v any) bool { return slices.ContainsFunc(list, func(x any) bool { return same(v, x) }) }
	switch op {
	case "$in":
		return contains, nil
	case "$nin":
		return func(v any) bool { return !contains(v) }, nil
	case "$all":
		return func(v any) bool {
			have, ok := v.([]any)
			return ok && !slices.ContainsFunc(list, func(x any) bool {
				return !slices.ContainsFunc(have, func(h any) bool { return same(h, x) })
			})
		}, nil
	}
	if len(list) != 2 {
		return nil, fmt.Errorf("controller: query: $mod wants a divisor and a remainder")
	}
	d, ok1 := list[0].(float64)
	r, ok2 := list[1].(float64)
	if !ok1 || !ok2 || d == 0 {
		return nil, fmt.Errorf("controller: query: $mod wants a divisor and a remainder")
	}
	return func(v any) bool { n, ok := v.(float64); return ok && math.Mod(n, d) == r }, nil
}

// order compares two numbers, two times or two strings.
func order(a, b any) (n int, comparable bool) {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return cmp.Compare(x, y), ok
	case string:
		y, ok := b.(string)
		if !ok {
			return 0, false
		}
		t, isTime := parseTime(x)
		u, too := parseTime(y)
		if isTime && too {
			return t.Compare(u), true
		}
		return cmp.Compare(x, y), true
	}
	return 0, false
}

func same(a, b any) bool {
	if n, ok := order(a, b); ok {
		return n == 0
	}
	return reflect.DeepEqual(a, b)
}

// parseTime reads a date; one without a zone is local.
func parseTime(s string) (time.Time, bool) {
	if len(s) < 19 || s[4] != '-' {
		return time.Time{}, false
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, true
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05.999999999", s, time.Local)
	return t, err == nil
}

// glob makes an expression of a pattern of file names: * ? [abc] [!abc].
func glob(pattern string) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString("(?s)^")
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		case '[':
			end := strings.IndexByte(pattern[i+1:], ']')
			if end <= 0 {
				b.WriteString(`\[`)
				continue
			}
			set := strings.ReplaceAll(pattern[i+1:i+1+end], `\`, `\\`)
			if set[0] == '!' {
				set = "^" + set[1:]
			}
			b.WriteString("[" + set + "]")
			i += end + 1
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	b.WriteByte('$')
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil, fmt.Errorf("controller: query: pattern %q: %w", pattern, err)
	}
	return re, nil
}

// value gives a field as a query sees it.
func (j *job) value(key string) any {
	switch v := j.field(key).(type) {
	case json.RawMessage:
		var x any
		d := json.NewDecoder(bytes.NewReader(v))
		if d.Decode(&x) != nil {
			return nil
		}
		return x
	case nil, string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// meets says whether a task's record meets all conditions.
func (j *job) meets(all []condition) bool {
	for _, c := range all {
		v := j.value(c.field)
		for _, t := range c.tests {
			if !t(v) {
				return false
			}
		}
	}
	return true
}
