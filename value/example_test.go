package value_test

import (
	"fmt"
	"reflect"

	"github.com/galeproject/gale/value"
)

func Example() {
	type shot struct {
		x, z  float64
		trace []complex128
	}
	sent := map[string][]shot{"line 1": {{x: 100, z: 8, trace: make([]complex128, 1000)}}}

	e, err := value.Encode(reflect.ValueOf(sent), value.Options{Name: "shots"})
	if err != nil {
		fmt.Println(err)
		return
	}
	got, err := value.Decode(e, reflect.TypeOf(sent), value.Options{Name: "shots"})
	if err != nil {
		fmt.Println(err)
		return
	}
	s := got.Interface().(map[string][]shot)["line 1"][0]
	fmt.Println(s.x, len(s.trace), len(e.Frames))
	// Output: 100 1000 1
}

func ExampleEncode_refused() {
	type job struct {
		name string
		done chan bool
	}
	_, err := value.Encode(reflect.ValueOf([]job{{name: "a", done: make(chan bool)}}), value.Options{Name: "jobs"})
	fmt.Println(err)
	// Output: cannot send jobs[0].done: a chan bool stays in its process
}
