package widget

import (
	"context"
	"encoding/json"
	"slices"
)

// Bool is a widget that is on or off.
type Bool struct{ *Model }

// Checkbox is a box to tick.
func Checkbox(ctx context.Context, label string, on bool) *Bool {
	b := &Bool{open(ctx, "Checkbox", map[string]any{"description": label, "disabled": false, "indent": true, "value": on})}
	b.listen(map[string]taker{"value": takeJSON[bool]})
	return b
}

// Value tells whether it is on.
func (b *Bool) Value() bool { v, _ := b.get("value").(bool); return v }

// Set turns it on or off.
func (b *Bool) Set(on bool) { b.set("value", on) }

// OnChange has f called when a user turns it on or off.
func (b *Bool) OnChange(f func(on bool)) { b.onChange(func() { f(b.Value()) }) }

// Choice is a widget that chooses one of several texts.
type Choice struct{ *Model }

// Dropdown is a list that opens, at first with the first option chosen.
func Dropdown(ctx context.Context, label string, options ...string) *Choice {
	return newChoice(ctx, "Dropdown", label, options, nil)
}

// Select is a list, at first with the first option chosen.
func Select(ctx context.Context, label string, options ...string) *Choice {
	return newChoice(ctx, "Select", label, options, map[string]any{"rows": 5})
}

// RadioButtons is a button for each option, at first with the first one chosen.
func RadioButtons(ctx context.Context, label string, options ...string) *Choice {
	return newChoice(ctx, "RadioButtons", label, options, map[string]any{"orientation": "vertical"})
}

func newChoice(ctx context.Context, kind, label string, options []string, traits map[string]any) *Choice {
	labels, index := optionTraits(options)
	c := &Choice{open(ctx, kind, with(map[string]any{"description": label, "disabled": false, "_options_labels": labels, "index": index}, traits))}
	c.listen(map[string]taker{"index": func(raw json.RawMessage) (any, bool) {
		if string(raw) == "null" {
			return nil, true
		}
		i, ok := wholeNumber(raw)
		return i, ok && i >= 0 && i < len(c.optionsLocked())
	}})
	return c
}

func optionTraits(options []string) (labels []string, index any) {
	for _, o := range options {
		labels = append(labels, valid(o))
	}
	if labels == nil {
		return []string{}, nil
	}
	return labels, 0
}

// optionsLocked are the options, for who holds the model's lock.
func (c *Choice) optionsLocked() []string { o, _ := c.traits["_options_labels"].([]string); return o }

// Options are what can be chosen.
func (c *Choice) Options() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.optionsLocked())
}

// SetOptions changes what can be chosen, and chooses the first.
func (c *Choice) SetOptions(options ...string) {
	labels, index := optionTraits(options)
	c.set("index", nil)
	c.set("_options_labels", labels)
	c.set("index", index)
}

// Index is the number of the chosen option, -1 when there is none.
func (c *Choice) Index() int {
	if i, ok := c.get("index").(int); ok {
		return i
	}
	return -1
}

// Value is the chosen option, empty when there is none.
func (c *Choice) Value() string {
	options, i := c.Options(), c.Index()
	if i < 0 || i >= len(options) {
		return ""
	}
	return options[i]
}

// Set chooses an option; what is no option chooses none.
func (c *Choice) Set(option string) {
	if i := slices.Index(c.Options(), option); i >= 0 {
		c.set("index", i)
		return
	}
	c.set("index", nil)
}

// OnChange has f called with each option that a user chooses.
func (c *Choice) OnChange(f func(option string)) { c.onChange(func() { f(c.Value()) }) }

// Trigger is a button.
type Trigger struct{ *Model }

// Button is a button; f is called when a user clicks it, and may be nil. [Model.Put] "button_style" ("primary", "success", "info", "warning",
// "danger") and "icon" (a name of Font Awesome) change its look.
func Button(ctx context.Context, label string, f func()) *Trigger {
	b := &Trigger{open(ctx, "Button", map[string]any{"description": label, "disabled": false, "button_style": "", "icon": ""})}
	b.OnClick(f)
	b.listen(nil)
	return b
}

// OnClick has f called for a click instead of what was called before.
func (b *Trigger) OnClick(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.custom = nil
	if f != nil {
		b.custom = func(event string) {
			if event == "click" {
				f()
			}
		}
	}
}
