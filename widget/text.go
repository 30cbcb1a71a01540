package widget

import (
	"context"
	"strings"
)

// String is a widget whose value is a text.
type String struct {
	*Model
	submitted []func()
}

// Text is a field for a line. [Model.Put] "placeholder" says what stands in it while it is empty; "continuous_update" false reports a change when
// the user leaves the field or presses Enter.
func Text(ctx context.Context, label, value string) *String {
	return newString(ctx, "Text", value, with(field(label), map[string]any{"continuous_update": true}))
}

// Textarea is a field for several lines.
func Textarea(ctx context.Context, label, value string) *String {
	return newString(ctx, "Textarea", value, with(field(label), map[string]any{"continuous_update": true, "rows": nil}))
}

// Label is a text that only cells change; TeX between dollars is set.
func Label(ctx context.Context, text string) *String { return newString(ctx, "Label", text, nil) }

// HTML is a fragment of a page that only cells change. It is shown as it stands: escaping is the caller's business.
func HTML(ctx context.Context, fragment string) *String { return newString(ctx, "HTML", fragment, nil) }

func newString(ctx context.Context, kind, value string, traits map[string]any) *String {
	s := &String{}
	s.Model = open(ctx, kind, with(map[string]any{"value": valid(value), "placeholder": "\u200b"}, traits))
	s.custom = func(event string) {
		if event != "submit" {
			return
		}
		s.mu.Lock()
		fs := s.submitted
		s.mu.Unlock()
		for _, f := range fs {
			f()
		}
	}
	s.listen(map[string]taker{"value": takeJSON[string]})
	return s
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// Value is what the widget shows.
func (s *String) Value() string { v, _ := s.get("value").(string); return v }

// Set changes the text.
func (s *String) Set(text string) { s.set("value", valid(text)) }

// OnChange has f called with each text that a user makes: after every key in a [Text] or [Textarea].
func (s *String) OnChange(f func(text string)) { s.onChange(func() { f(s.Value()) }) }

// OnSubmit has f called with the text when a user presses Enter in a [Text].
func (s *String) OnSubmit(f func(text string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.submitted = append(s.submitted, func() { f(s.Value()) })
}
