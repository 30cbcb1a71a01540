// Package display says what a value looks like: as a bundle of MIME types, the way notebook front ends take it.
//
// [Of] is total: it gives every value a text/plain, which for small values is exactly what fmt.Sprint prints, and adds richer
// types where the value has them. A type need not import this package: methods are found by name and shape
// (HTML() string, SVG() string, PNG() []byte, Markdown() string, Latex() string, JSON() any, MIME() map[string]any and others,
// see [Of]). Images, matrices of gonum, and slices and maps of structs are shown without any methods.
//
// The contract: Of returns, whatever the value's methods do. A panic in one of them becomes a line of the text. Nothing large is
// formatted in full: text is cut at [MaxText] characters, a slice at [MaxElements] elements, a table at [MaxRows] rows, and each
// cut says how much there was. Every cell of a table is escaped.
//
// The drawing part ([Heat], [Panels]) turns arrays on a grid into a PNG with axes, units and a colour bar.
//
// The package never prints, never sends, keeps no state, and runs no script in the front end: bundles hold no text/javascript of
// its own making.
package display
