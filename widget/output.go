package widget

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/galeproject/gale/comm"
	"github.com/galeproject/gale/display"
)

// Area is a place for output: what is printed and shown while it captures appears there.
type Area struct{ *Model }

// Output is an empty place for output.
func Output(ctx context.Context) *Area {
	a := &Area{open(ctx, "Output", map[string]any{"msg_id": "", "outputs": []any{}})}
	a.listen(map[string]taker{"outputs": takeJSON[[]json.RawMessage]}) // front ends write down what they show
	return a
}

// Capture calls f; what the cell or callback prints and shows in the meantime appears in the area. If f panics, so does the panic.
func (a *Area) Capture(f func()) {
	a.set("msg_id", comm.Request(a.current()))
	f()
	a.set("msg_id", "") // not after a panic: the error of the message comes when f is over
}

// Show shows values in the area as a cell does, beside what it shows already.
func (a *Area) Show(values ...any) {
	a.Capture(func() { publish(a.current(), display.OfAll(values...)) })
}

// Clear empties the area; with wait it does so when the next output comes, so that what is drawn again and again does not flicker.
func (a *Area) Clear(wait bool) {
	a.Capture(func() { publish(a.current(), display.Clear(wait)) })
}

// publish shows a bundle in its place. Without a front end there is none.
func publish(ctx context.Context, b display.Bundle) {
	if b.Place.Clear {
		_ = comm.Publish(ctx, "clear_output", map[string]bool{"wait": b.Place.Wait})
		return
	}
	metadata, transient, msgType := b.Metadata, map[string]string{}, "display_data"
	if metadata == nil {
		metadata = map[string]any{}
	}
	if b.Place.ID != "" {
		transient["display_id"] = b.Place.ID
	}
	if b.Place.Update {
		msgType = "update_display_data"
	}
	_ = comm.Publish(ctx, msgType, map[string]any{"data": b.Data, "metadata": metadata, "transient": transient})
}

// Picture is a widget that shows a picture.
type Picture struct{ *Model }

// Image shows v, which is anything that shows itself as a picture: an image.Image, a plot, a wavefield. What does not leaves it empty.
func Image(ctx context.Context, v any) *Picture {
	format, data, err := pictureOf(v)
	if err != nil {
		format, data = "png", []byte{}
	}
	p := &Picture{open(ctx, "Image", map[string]any{"format": format, "value": data, "width": "", "height": ""})}
	p.listen(nil)
	return p
}

// Set shows another picture. The error says that v shows itself in another way.
func (p *Picture) Set(v any) error {
	format, data, err := pictureOf(v)
	if err != nil {
		return err
	}
	p.set("format", format)
	p.set("value", data)
	return nil
}

// pictureOf gives v as a picture's bytes.
func pictureOf(v any) (format string, data []byte, err error) {
	b := display.Of(v)
	for _, t := range []string{display.TypePNG, display.TypeJPEG, display.TypeSVG} {
		s, ok := b.Data[t].(string)
		if !ok {
			continue
		}
		format = strings.TrimPrefix(t, "image/")
		if t == display.TypeSVG {
			return format, []byte(s), nil
		}
		if data, err = base64.StdEncoding.DecodeString(s); err == nil {
			return format, data, nil
		}
	}
	return "", nil, fmt.Errorf("widget: a %T does not show itself as a picture", v)
}
