package value

import (
	"errors"
	"slices"
	"strings"
)

// refusal is a Refused in the making: the path grows from its end while calls return, so that a value that can be sent
// pays nothing for it.
type refusal struct {
	steps  []string // last first
	reason string
	err    error
	found  bool // not a refusal: the object sought was reached
}

func (r *refusal) Error() string { return r.reason }

func refuse(reason string) error { return &refusal{reason: reason} }

func stays(what string) error { return refuse(what + " stays in its process") }

// at adds a step to the front of the path.
func at(err error, step string) error {
	if r, ok := errors.AsType[*refusal](err); ok {
		r.steps = append(r.steps, step)
	}
	return err
}

// climb adds the steps from the object that was being written back to the item before from; top writes that one.
func (e *encoder) climb(err error, from int, top func(up *encoder) error) {
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		return
	}
	for i := e.cur; i >= from; i = e.items[i].parent {
		up := &encoder{o: e.o, ids: map[identity]int{}, seek: &e.items[i].identity}
		var found error
		if p := e.items[i].parent; p < from {
			found = top(up)
		} else {
			found = up.contents(e.items[p].identity)
		}
		if f, ok := errors.AsType[*refusal](found); ok && f.found {
			r.steps = append(r.steps, f.steps...)
		} else {
			r.steps = append(r.steps, ".…") // within a stand-in, which is another one each time
		}
	}
}

// refused completes the path from the object that was being written back to the root.
func (e *encoder) refused(err error) error {
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		return err
	}
	e.climb(err, 1, func(up *encoder) error { return up.contents(e.items[0].identity) })
	steps := r.steps
	slices.Reverse(steps)
	const most = 24
	if len(steps) > most {
		steps = slices.Concat(steps[:most/2], []string{"…"}, steps[len(steps)-most/2:])
	}
	return &Refused{Path: e.o.Name + strings.Join(steps, ""), Reason: r.reason, Err: r.err}
}
