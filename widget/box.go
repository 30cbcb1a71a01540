package widget

import (
	"context"
	"encoding/json"
)

// Box is a widget that holds others.
type Box struct{ *Model }

// HBox puts widgets side by side.
func HBox(ctx context.Context, children ...Widget) *Box { return newBox(ctx, "HBox", nil, children) }

// VBox puts widgets one below the other.
func VBox(ctx context.Context, children ...Widget) *Box { return newBox(ctx, "VBox", nil, children) }

// Tab shows one of the widgets at a time, with a title for each.
func Tab(ctx context.Context, titles []string, children ...Widget) *Box {
	var first any
	if len(children) > 0 {
		first = 0
	}
	return newBox(ctx, "Tab", map[string]any{"titles": titled(titles, children), "selected_index": first}, children)
}

// Accordion shows at most one of the widgets at a time, below its title; at first none.
func Accordion(ctx context.Context, titles []string, children ...Widget) *Box {
	return newBox(ctx, "Accordion", map[string]any{"titles": titled(titles, children), "selected_index": nil}, children)
}

// titled gives each child a title.
func titled(titles []string, children []Widget) []string {
	out := make([]string, len(children))
	copy(out, titles)
	for i := range out {
		out[i] = valid(out[i])
	}
	return out
}

func newBox(ctx context.Context, kind string, traits map[string]any, children []Widget) *Box {
	b := &Box{open(ctx, kind, with(map[string]any{"box_style": "", "children": references(children)}, traits))}
	b.listen(map[string]taker{"selected_index": func(raw json.RawMessage) (any, bool) {
		if string(raw) == "null" {
			return nil, true
		}
		i, ok := wholeNumber(raw)
		n, _ := b.traits["children"].([]string)
		return i, ok && i >= 0 && i < len(n)
	}})
	return b
}

func references(children []Widget) []string {
	refs := make([]string, 0, len(children))
	for _, c := range children {
		refs = append(refs, refer(c.base()))
	}
	return refs
}

// SetChildren changes what the box holds.
func (b *Box) SetChildren(children ...Widget) { b.set("children", references(children)) }

// Selected is the number of the child that a [Tab] or [Accordion] shows, -1 when it is none.
func (b *Box) Selected() int {
	if i, ok := b.get("selected_index").(int); ok {
		return i
	}
	return -1
}

// Select shows a child of a [Tab] or [Accordion]; a number that is none shows none.
func (b *Box) Select(i int) {
	if refs, _ := b.get("children").([]string); i < 0 || i >= len(refs) {
		b.set("selected_index", nil)
		return
	}
	b.set("selected_index", i)
}

// OnSelect has f called with the number of the child that a user chooses, -1 for none.
func (b *Box) OnSelect(f func(i int)) { b.onChange(func() { f(b.Selected()) }) }
