package display_test

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/galeproject/gale/display"
)

func wave(nx, ny int, c display.Colors) display.Heat {
	h := display.Heat{
		Title: "wave", Nx: nx, Ny: ny, Colors: c, Values: make([]float64, nx*ny), Smooth: true,
		Shade: &display.Shade{Nx: nx, Ny: ny, XHi: 9000, YHi: 3000, Values: make([]uint8, nx*ny)},
		X:     display.Axis{Name: "x", Unit: "m", Hi: 9000}, Y: display.Axis{Name: "depth", Unit: "m", Hi: 3000},
		Bar: display.Axis{Name: "pressure", Unit: "Pa"},
	}
	for j := range ny {
		for i := range nx {
			r := math.Hypot(float64(i)-float64(nx)/3, float64(j)-5)
			h.Values[j*nx+i] = math.Cos(r/4) / math.Sqrt(1+r)
			if j > ny/2+i/10 {
				h.Shade.Values[j*nx+i] = 200
			}
		}
	}
	h.Lo, h.Hi = -0.3, 0.3
	return h
}

func TestPanels(t *testing.T) {
	one, two := wave(360, 120, display.Diverging), wave(300, 31, display.Cyclic)
	two.Free, two.Shade = true, nil
	for name, maps := range map[string][]display.Heat{"one": {one}, "two": {two, one}} {
		raw, err := display.Panels(maps...)
		if err != nil {
			t.Fatal(err)
		}
		if dir := os.Getenv("GALE_PICTURES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "panels-"+name+".png"), raw, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		m, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(raw); n > 150_000 {
			t.Errorf("%s: %d bytes", name, n)
		}
		seen := map[any]bool{}
		b := m.Bounds()
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				seen[m.At(x, y)] = true
			}
		}
		if len(seen) < 120 {
			t.Errorf("%s: only %d colours in a %v picture", name, len(seen), b)
		}
	}
}

func TestHeatRefuses(t *testing.T) {
	good := wave(20, 10, display.Sequential)
	for name, spoil := range map[string]func(*display.Heat){
		"values": func(h *display.Heat) { h.Values = h.Values[1:] },
		"shade": func(h *display.Heat) {
			h.Shade = &display.Shade{Nx: 3, Ny: 3, XHi: 1, YHi: 1, Values: make([]uint8, 8)}
		},
		"axis":  func(h *display.Heat) { h.X.Hi = h.X.Lo },
		"nan":   func(h *display.Heat) { h.Y.Hi = math.NaN() },
		"empty": func(h *display.Heat) { h.Nx, h.Values = 0, nil },
		"huge":  func(h *display.Heat) { h.Nx, h.Ny = math.MaxInt, 4 },
	} {
		h := good
		spoil(&h)
		if _, err := display.Panels(h); err == nil {
			t.Errorf("%s: no error", name)
		}
		if b := display.Picture("text", h); b.Data["image/png"] != nil || b.String() == "text" {
			t.Errorf("%s: %v", name, b.Data)
		}
	}
	if _, err := display.Panels(); err == nil {
		t.Error("no panels: no error")
	}
}

func TestHeatOddValues(t *testing.T) {
	h := wave(20, 10, display.Sequential)
	h.Lo, h.Hi = 0, 0
	h.Values[3] = math.NaN()
	h.Values[4] = math.Inf(1)
	if _, err := display.Panels(h); err != nil {
		t.Error(err)
	}
	for i := range h.Values {
		h.Values[i] = 1500
	}
	if _, err := display.Panels(h); err != nil {
		t.Error(err)
	}
	for i := range h.Values {
		h.Values[i] = math.NaN()
	}
	if _, err := display.Panels(h); err != nil {
		t.Error(err)
	}
}

func TestHeatOddRanges(t *testing.T) {
	for _, r := range [][2]float64{{0, 0}, {1e-320, 2e-320}, {-1e308, 1e308}, {1e15, 1e15 + 1}, {-5e-324, 0}, {1e308, 1e308}, {-1e-9, 1e9}, {3, -3}} {
		h := wave(6, 4, display.Diverging)
		h.Lo, h.Hi = 0, 0
		for i := range h.Values {
			h.Values[i] = r[i%2]
		}
		for _, given := range []bool{false, true} {
			if given {
				h.Lo, h.Hi = r[0], r[1]
			}
			if _, err := display.Panels(h); err != nil {
				t.Errorf("values %g: %v", r, err)
			}
		}
	}
	for _, d := range []float64{1e-12, 1e12, 1e-300, 1e300} {
		h := wave(6, 4, display.Sequential)
		h.X.Hi = h.X.Lo + d
		if _, err := display.Panels(h); err != nil {
			t.Errorf("axis of %g: %v", d, err)
		}
	}
}

func TestColors(t *testing.T) {
	if a, b := display.Cyclic.At(0), display.Cyclic.At(1); a != b {
		t.Errorf("the cyclic map ends in %v and %v", a, b)
	}
	last := -1.0
	for i := range 101 {
		c := display.Sequential.At(float64(i) / 100)
		if l := 0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B); l < last {
			t.Fatalf("the sequential map darkens at %d", i)
		} else {
			last = l
		}
	}
	if c := display.Diverging.At(0.5); c.R != c.G || c.G != c.B {
		t.Errorf("the diverging map has %v in the middle", c)
	}
}
