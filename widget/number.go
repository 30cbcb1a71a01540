package widget

import (
	"context"
	"encoding/json"
	"math"
)

// Int is a widget whose value is an integer.
type Int struct {
	*Model
	least, most int
	often       bool
}

// IntSlider is a slider from least to most.
func IntSlider(ctx context.Context, label string, least, most, value int) *Int {
	return newInt(ctx, "IntSlider", least, most, value, with(slider(label, "d"), map[string]any{"min": least, "max": max(least, most), "step": 1}))
}

// IntProgress is a progress bar from 0 to most. It may be set as often as one likes: front ends see twenty values a second.
func IntProgress(ctx context.Context, label string, most int) *Int {
	i := newInt(ctx, "IntProgress", 0, most, 0, with(progress(label), map[string]any{"min": 0, "max": max(0, most)}))
	i.often = true
	return i
}

// IntText is a field for an integer.
func IntText(ctx context.Context, label string, value int) *Int {
	return newInt(ctx, "IntText", math.MinInt, math.MaxInt, value, with(field(label), map[string]any{"step": 1}))
}

func newInt(ctx context.Context, kind string, least, most, value int, traits map[string]any) *Int {
	i := &Int{least: least, most: max(least, most)}
	traits["value"] = i.clamp(value)
	i.Model = open(ctx, kind, traits)
	i.listen(map[string]taker{"value": func(raw json.RawMessage) (any, bool) {
		v, ok := wholeNumber(raw)
		return i.clamp(v), ok
	}})
	return i
}

func (i *Int) clamp(v int) int { return min(max(v, i.least), i.most) }

// Value is what the widget shows.
func (i *Int) Value() int { v, _ := i.get("value").(int); return v }

// Set changes the value; one out of range becomes the nearest that is in it.
func (i *Int) Set(v int) {
	v = i.clamp(v)
	if i.often {
		i.setOften("value", v, v == i.least || v == i.most)
		return
	}
	i.set("value", v)
}

// OnChange has f called with each value that a user chooses.
func (i *Int) OnChange(f func(v int)) { i.onChange(func() { f(i.Value()) }) }

// Float is a widget whose value is a number.
type Float struct {
	*Model
	least, most float64
	often       bool
}

// FloatSlider is a slider from least to most in a hundred steps; [Model.Put] "step" and "readout_format" (".2f") change its steps and text.
func FloatSlider(ctx context.Context, label string, least, most, value float64) *Float {
	f := newFloat(least, most)
	return f.open(ctx, "FloatSlider", value, with(slider(label, ".2f"), map[string]any{"min": f.least, "max": f.most, "step": stepOf(f.least, f.most)}))
}

// FloatProgress is a progress bar from 0 to most. It may be set as often as one likes: front ends see twenty values a second.
func FloatProgress(ctx context.Context, label string, most float64) *Float {
	f := newFloat(0, most)
	f.often = true
	return f.open(ctx, "FloatProgress", 0, with(progress(label), map[string]any{"min": 0.0, "max": f.most}))
}

// FloatText is a field for a number.
func FloatText(ctx context.Context, label string, value float64) *Float {
	return newFloat(-math.MaxFloat64, math.MaxFloat64).open(ctx, "FloatText", value, with(field(label), map[string]any{"step": nil}))
}

// newFloat takes a range as far as JSON has numbers for it.
func newFloat(least, most float64) *Float {
	least = finite(least, -math.MaxFloat64)
	return &Float{least: least, most: max(least, finite(most, math.MaxFloat64))}
}

func finite(v, instead float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return instead
	}
	return v
}

func (f *Float) open(ctx context.Context, kind string, value float64, traits map[string]any) *Float {
	traits["value"] = f.clamp(value)
	f.Model = open(ctx, kind, traits)
	f.listen(map[string]taker{"value": func(raw json.RawMessage) (any, bool) {
		v, ok := takeJSON[float64](raw)
		x, _ := v.(float64)
		return f.clamp(x), ok
	}})
	return f
}

// clamp gives the nearest value in range; what is no number is the least.
func (f *Float) clamp(v float64) float64 {
	if math.IsNaN(v) {
		v = f.least
	}
	return min(max(v, f.least), f.most)
}

// Value is what the widget shows.
func (f *Float) Value() float64 { v, _ := f.get("value").(float64); return v }

// Set changes the value; one out of range becomes the nearest that is in it, NaN the least.
func (f *Float) Set(v float64) {
	v = f.clamp(v)
	if f.often {
		f.setOften("value", v, v == f.least || v == f.most)
		return
	}
	f.set("value", v)
}

// OnChange has g called with each value that a user chooses.
func (f *Float) OnChange(g func(v float64)) { f.onChange(func() { g(f.Value()) }) }

// The traits of sliders, bars and fields.

func slider(label, format string) map[string]any {
	return map[string]any{
		"description": label, "disabled": false, "behavior": "drag-tap", "continuous_update": true, "orientation": "horizontal", "readout": true,
		"readout_format": format,
	}
}

func progress(label string) map[string]any {
	return map[string]any{"description": label, "bar_style": "", "orientation": "horizontal"}
}

func field(label string) map[string]any {
	return map[string]any{"description": label, "disabled": false, "continuous_update": false}
}

// stepOf is a hundredth of a range, rounded to 1, 2 or 5 times a power of ten.
func stepOf(least, most float64) float64 {
	width := most/100 - least/100
	if width <= 0 {
		return 0.1
	}
	ten := math.Pow(10, math.Floor(math.Log10(width)))
	for _, k := range []float64{1, 2, 5} {
		if k*ten >= width*(1-1e-9) {
			return k * ten
		}
	}
	return 10 * ten
}

// wholeNumber takes an integer, also one that is written 5.0.
func wholeNumber(raw json.RawMessage) (int, bool) {
	v, ok := takeJSON[float64](raw)
	x, _ := v.(float64)
	if !ok || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
		return 0, false
	}
	return int(x), true
}
