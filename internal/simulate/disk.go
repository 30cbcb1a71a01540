package simulate

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/galeproject/gale/controller"
)

// errFull and errTorn are what a disk says.
var (
	errFull = errors.New("no space left on device")
	errTorn = errors.New("killed while writing")
)

// disk is a journal and a store that outlive controllers.
type disk struct {
	rnd    *rand.Rand
	pages  map[int][]byte
	order  []string
	bodies map[string][]byte

	full   bool   // nothing can be written
	tear   int    // appends until one is torn and the controller with it; 0: none is
	torn   func() // kills the controller
	faults int    // appends that failed
}

func newDisk(rnd *rand.Rand) *disk {
	return &disk{rnd: rnd, pages: map[int][]byte{}, bodies: map[string][]byte{}}
}

// journal is the disk as a controller.Journal.
type journal struct{ *disk }

// Append of a torn page leaves a part of it.
func (d journal) Append(page int, data []byte) error {
	if d.full {
		d.faults++
		if d.rnd.IntN(2) == 0 {
			d.pages[page] = append(d.pages[page], data[:d.rnd.IntN(len(data)+1)]...)
		}
		return errFull
	}
	if d.tear > 0 {
		if d.tear--; d.tear == 0 {
			d.pages[page] = append(d.pages[page], data[:d.rnd.IntN(len(data)+1)]...)
			d.torn()
			return errTorn
		}
	}
	d.pages[page] = append(d.pages[page], data...)
	return nil
}

func (d journal) Pages() ([]int, error)         { return slices.Sorted(maps.Keys(d.pages)), nil }
func (d journal) Read(page int) ([]byte, error) { return slices.Clone(d.pages[page]), nil }
func (d journal) Close() error                  { return nil }
func (d journal) Forget(before int) error {
	maps.DeleteFunc(d.pages, func(n int, _ []byte) bool { return n < before })
	return nil
}

// shelf is the disk as a controller.Store.
type shelf struct{ *disk }

func (d shelf) Put(records []controller.Record) error {
	if d.full {
		return errFull
	}
	for _, r := range records {
		if d.bodies[r.ID] == nil {
			d.order = append(d.order, r.ID)
		}
		d.bodies[r.ID] = r.Body
	}
	return nil
}

func (d shelf) Get(id string) ([]byte, error) { return d.bodies[id], nil }
func (d shelf) Close() error                  { return nil }

func (d shelf) Drop(ids []string) error {
	for _, id := range ids {
		delete(d.bodies, id)
	}
	return nil
}

func (d shelf) Each(f func([]byte) error) error {
	for _, id := range d.order {
		if d.bodies[id] == nil {
			continue
		}
		if err := f(d.bodies[id]); err != nil {
			return err
		}
	}
	return nil
}
