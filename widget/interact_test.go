package widget_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/galeproject/gale/widget"
)

type hertz float64

func TestInteract(t *testing.T) {
	d, ctx := newDesk(t)
	n := widget.IntSlider(ctx, "n", 0, 10, 3)
	kind := widget.Dropdown(ctx, "kind", "a", "b")
	f := func(ctx context.Context, n int64, kind string, f hertz, on bool, lo, hi float64, s string) (string, error) {
		if ctx == nil || n == 9 {
			return "", errors.New("no")
		}
		return fmt.Sprint(n, kind, f, on, lo, hi, s), nil
	}
	if _, err := widget.Interact(ctx, f, n, kind, [2]float64{2, 4}, true, widget.FloatRange(ctx, "", 0, 9, 1, 2), "x"); err != nil {
		t.Fatal(err)
	}
	if got := d.text(); !strings.Contains(got, `{"text/plain":"3a3 true 1 2x"}`) {
		t.Error(got)
	}
	d.state(ctx, n, `{"value":4}`)
	got := d.text()
	for _, want := range []string{`clear_output {"wait":true}`, `{"text/plain":"4a3 true 1 2x"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	d.state(ctx, kind, `{"index":1}`)
	if got := d.text(); !strings.Contains(got, `"4b3 true 1 2x"`) {
		t.Error(got)
	}
	d.state(ctx, n, `{"value":9}`)
	if got := d.text(); !strings.Contains(got, `{"text/plain":" no"}`) {
		t.Error(got)
	}
}

func TestInteractWithWhatDoesNotFit(t *testing.T) {
	ctx := t.Context()
	for name, try := range map[string]func() (*widget.Box, error){
		"no function":        func() (*widget.Box, error) { return widget.Interact(ctx, 7) },
		"variadic":           func() (*widget.Box, error) { return widget.Interact(ctx, func(...int) {}, 1) },
		"too few":            func() (*widget.Box, error) { return widget.Interact(ctx, func(int) {}) },
		"too many":           func() (*widget.Box, error) { return widget.Interact(ctx, func(int) {}, 1, 2) },
		"another type":       func() (*widget.Box, error) { return widget.Interact(ctx, func(int) {}, 1.5) },
		"int to string":      func() (*widget.Box, error) { return widget.Interact(ctx, func(string) {}, 1) },
		"narrow":             func() (*widget.Box, error) { return widget.Interact(ctx, func(int8) {}, 1) },
		"no control":         func() (*widget.Box, error) { return widget.Interact(ctx, func(int) {}, struct{}{}) },
		"nil control":        func() (*widget.Box, error) { return widget.Interact(ctx, func(int) {}, (*widget.Int)(nil)) },
		"nil function":       func() (*widget.Box, error) { return widget.Interact(ctx, (func())(nil)) },
		"button is no value": func() (*widget.Box, error) { return widget.Interact(ctx, func() {}, widget.Button(ctx, "", nil)) },
		"interval needs two": func() (*widget.Box, error) {
			return widget.Interact(ctx, func(int) {}, widget.IntRange(ctx, "", 0, 1, 0, 1))
		},
		"slice is a dropdown": func() (*widget.Box, error) { return widget.Interact(ctx, func(int) {}, []string{"a"}) },
	} {
		if _, err := try(); err == nil || !strings.HasPrefix(err.Error(), "widget: interacting: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
