// Package remote stands, in tests of cells, for a package that runs functions elsewhere: the compiler lifts the functions that it is given.
// It calls them here and records nothing.
package remote

// Seen is told of each function that the package is given, and of its arguments; a test sets it.
var Seen func(f any, args ...any) (any, error)

// Call runs any function.
func Call(f any, args ...any) (any, error) { return Seen(f, args...) }

// Map runs a function for each item.
func Map[T, R any](f func(T) (R, error), items []T) ([]R, error) {
	var out []R
	for _, x := range items {
		v, err := Seen(f, x)
		if err != nil {
			return nil, err
		}
		r, ok := v.(R)
		if !ok {
			return nil, nil
		}
		out = append(out, r)
	}
	return out, nil
}

// Pure makes a function that cannot fail one that does not.
func Pure[T, R any](f func(T) R) func(T) (R, error) {
	return func(x T) (R, error) { return f(x), nil }
}

// View has a method that takes a function.
type View struct{ Name string }

// Apply runs a function.
func (v *View) Apply(f func() int) (int, error) {
	r, err := Seen(f)
	if err != nil {
		return 0, err
	}
	n, ok := r.(int)
	if !ok {
		return 0, nil
	}
	return n, nil
}
