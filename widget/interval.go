package widget

import (
	"context"
	"encoding/json"
)

// IntInterval is a slider with two handles.
type IntInterval struct {
	*Model
	bounds Int
}

// IntRange is a slider from least to most that chooses from lo to hi.
func IntRange(ctx context.Context, label string, least, most, lo, hi int) *IntInterval {
	i := &IntInterval{bounds: Int{least: least, most: max(least, most)}}
	i.Model = open(ctx, "IntRangeSlider", with(slider(label, "d"), map[string]any{"min": least, "max": i.bounds.most, "step": 1, "value": i.pair(lo, hi)}))
	i.listen(map[string]taker{"value": func(raw json.RawMessage) (any, bool) {
		v, ok := takeJSON[[]json.RawMessage](raw)
		parts, _ := v.([]json.RawMessage)
		if !ok || len(parts) != 2 {
			return nil, false
		}
		lo, ok1 := wholeNumber(parts[0])
		hi, ok2 := wholeNumber(parts[1])
		return i.pair(lo, hi), ok1 && ok2
	}})
	return i
}

func (i *IntInterval) pair(lo, hi int) [2]int {
	lo = i.bounds.clamp(lo)
	return [2]int{lo, max(lo, i.bounds.clamp(hi))}
}

// Value is what the widget shows.
func (i *IntInterval) Value() (lo, hi int) { v, _ := i.get("value").([2]int); return v[0], v[1] }

// Set changes the value, within range.
func (i *IntInterval) Set(lo, hi int) { i.set("value", i.pair(lo, hi)) }

// OnChange has f called with each interval that a user chooses.
func (i *IntInterval) OnChange(f func(lo, hi int)) { i.onChange(func() { f(i.Value()) }) }

// FloatInterval is a slider with two handles.
type FloatInterval struct {
	*Model
	bounds *Float
}

// FloatRange is a slider from least to most that chooses from lo to hi.
func FloatRange(ctx context.Context, label string, least, most, lo, hi float64) *FloatInterval {
	f := &FloatInterval{bounds: newFloat(least, most)}
	least, most = f.bounds.least, f.bounds.most
	f.Model = open(ctx, "FloatRangeSlider", with(slider(label, ".2f"), map[string]any{"min": least, "max": most, "step": stepOf(least, most), "value": f.pair(lo, hi)}))
	f.listen(map[string]taker{"value": func(raw json.RawMessage) (any, bool) {
		v, ok := takeJSON[[]float64](raw)
		x, _ := v.([]float64)
		if !ok || len(x) != 2 {
			return nil, false
		}
		return f.pair(x[0], x[1]), true
	}})
	return f
}

func (f *FloatInterval) pair(lo, hi float64) [2]float64 {
	lo = f.bounds.clamp(lo)
	return [2]float64{lo, max(lo, f.bounds.clamp(hi))}
}

// Value is what the widget shows.
func (f *FloatInterval) Value() (lo, hi float64) {
	v, _ := f.get("value").([2]float64)
	return v[0], v[1]
}

// Set changes the value, within range.
func (f *FloatInterval) Set(lo, hi float64) { f.set("value", f.pair(lo, hi)) }

// OnChange has g called with each interval that a user chooses.
func (f *FloatInterval) OnChange(g func(lo, hi float64)) { f.onChange(func() { g(f.Value()) }) }
