package fdfd_test

import (
	"fmt"
	"log"
	"math/cmplx"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
)

// A kernel is made once for a model and a frequency, then asked for data, fields and gradients.
func Example() {
	model := solver.MarmousiLike(50)
	kernel, err := fdfd.NewKernel(model, 5)
	if err != nil {
		log.Fatal(err)
	}
	src := solver.Line(solver.At(500, 10), solver.At(9000, 10), 3)
	rec := solver.Line(solver.At(200, 10), solver.At(9200, 10), 31)
	data, err := kernel.Data(src, rec)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model)
	fmt.Printf("%d unknowns, %.0f points per wavelength\n", kernel.Unknowns(), kernel.PointsPerWavelength())
	fmt.Println(len(data.Values), "values")

	// The same object takes another model.
	if err := kernel.Update(model.Scale(1.02)); err != nil {
		log.Fatal(err)
	}
	faster, err := kernel.Data(src, rec)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("two percent faster: data differ by %.1f times their norm\n", faster.L2(data)/data.L2(nil))
	// Output:
	// Marmousi-like: 184×60 cells of 50 m, 9200×3000 m, speed 1500 to 4500 m/s
	// 22077 unknowns, 6 points per wavelength
	// 93 values
	// two percent faster: data differ by 0.7 times their norm
}

// A source and a receiver can change places.
func ExampleKernel_Data() {
	model := solver.Homogeneous(80, 40, 25, 2000, 1000)
	kernel, err := fdfd.NewKernel(model, 10, fdfd.FreeSurface())
	if err != nil {
		log.Fatal(err)
	}
	a, b := []solver.Point{solver.At(310, 111)}, []solver.Point{solver.At(1700, 900)}
	there, err := kernel.Data(a, b)
	if err != nil {
		log.Fatal(err)
	}
	back, err := kernel.Data(b, a)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cmplx.Abs(there.At(0, 0)-back.At(0, 0)) < 1e-12*cmplx.Abs(back.At(0, 0)))
	// Output: true
}
