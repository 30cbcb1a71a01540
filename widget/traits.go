package widget

import (
	"encoding/json"
	"maps"
)

const (
	baseModule     = "@jupyter-widgets/base"
	controlsModule = "@jupyter-widgets/controls"
	outputModule   = "@jupyter-widgets/output"
)

// views are the names of views that are not the model's own.
var views = map[string]string{"IntProgress": "ProgressView", "FloatProgress": "ProgressView"}

// styles are the kinds of the models that hold a widget's style.
var styles = map[string]string{
	"IntSlider": "SliderStyle", "FloatSlider": "SliderStyle", "IntRangeSlider": "SliderStyle", "FloatRangeSlider": "SliderStyle",
	"IntProgress": "ProgressStyle", "FloatProgress": "ProgressStyle", "Text": "TextStyle", "Textarea": "TextStyle", "Label": "LabelStyle",
	"HTML": "HTMLStyle", "Button": "ButtonStyle", "Checkbox": "CheckboxStyle", "IntText": "DescriptionStyle", "FloatText": "DescriptionStyle",
	"Dropdown": "DescriptionStyle", "Select": "DescriptionStyle", "RadioButtons": "DescriptionStyle",
}

// isStyle tells whether a kind is one of styles.
func isStyle(kind string) bool {
	for _, s := range styles {
		if s == kind {
			return true
		}
	}
	return false
}

// named are the traits that name a model's code in the front end.
func named(modelModule, modelVersion, model, viewModule, viewVersion, view string) map[string]any {
	return map[string]any{
		"_model_module": modelModule, "_model_module_version": modelVersion, "_model_name": model,
		"_view_module": viewModule, "_view_module_version": viewVersion, "_view_name": view,
	}
}

// defaults are the traits that every model of the kind has, and their values where a widget has no say.
func defaults(kind string) map[string]any {
	switch {
	case kind == "Layout":
		return named(baseModule, "2.0.0", "LayoutModel", baseModule, "2.0.0", "LayoutView")
	case isStyle(kind):
		return named(controlsModule, "2.0.0", kind+"Model", baseModule, "2.0.0", "StyleView")
	}
	view := views[kind]
	if view == "" {
		view = kind + "View"
	}
	t := named(controlsModule, "2.0.0", kind+"Model", controlsModule, "2.0.0", view)
	if kind == "Output" {
		t = named(outputModule, "1.0.0", "OutputModel", outputModule, "1.0.0", "OutputView")
	}
	maps.Copy(t, map[string]any{"_dom_classes": []string{}, "_view_count": nil, "layout": nil, "tabbable": nil, "tooltip": nil})
	if styles[kind] != "" && kind != "Button" {
		t["description"], t["description_allow_html"] = "", false
	}
	return t
}

// with joins traits.
func with(traits map[string]any, more ...map[string]any) map[string]any {
	for _, m := range more {
		maps.Copy(traits, m)
	}
	return traits
}

// takeJSON takes a value of type T as it is.
func takeJSON[T any](raw json.RawMessage) (any, bool) {
	var v T
	if string(raw) == "null" || json.Unmarshal(raw, &v) != nil {
		return nil, false
	}
	return v, true
}
