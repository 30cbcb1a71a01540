package sparse

import (
	"sync"
	"sync/atomic"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// A runner hands tasks of a plan to workers. A front whose children are done is ready; a large front at work offers
// pieces of itself to workers that have nothing else to do.
type runner[T kern.Number] struct {
	f       *Factor
	region  []T
	stopped *atomic.Bool

	mu    sync.Mutex
	wake  sync.Cond // something became ready, or the end
	ready []int     // the next one last
	wait  []int32   // children that are not done, by front
	jobs  []*job
	left  int
	done  float64 // flops
	shown float64
}

// A job is a piece-wise loop that several workers run.
type job struct {
	pieces int
	work   func(piece int)
	next   atomic.Int64
	done   sync.WaitGroup
}

// help runs pieces until none is left to take.
func (j *job) help() {
	for {
		i := int(j.next.Add(1)) - 1
		if i >= j.pieces {
			return
		}
		j.work(i)
		j.done.Done()
	}
}

func (r *runner[T]) run(workers []*worker[T]) {
	r.wake.L = &r.mu
	p, fronts := r.f.plan, r.f.s.fronts
	r.wait = make([]int32, len(fronts))
	for i := len(fronts) - 1; i >= 0; i-- {
		switch n := fronts[i].childNd - fronts[i].child; {
		case p.kind[i] == subtree || p.kind[i] == upper && n == 0:
			r.ready = append(r.ready, i)
		case p.kind[i] == upper:
			r.wait[i] = int32(n)
		}
	}
	r.left = p.tasks
	if len(workers) == 1 {
		r.work(workers[0])
		return
	}
	var all sync.WaitGroup
	for _, w := range workers {
		all.Go(func() { r.work(w) })
	}
	all.Wait()
}

// work runs tasks until none is left.
func (r *runner[T]) work(w *worker[T]) {
	for {
		i, j := r.next()
		switch {
		case j != nil:
			j.help()
		case i < 0:
			return
		default:
			r.task(w, i)
			r.finish(i)
		}
	}
}

// next waits for a front that is ready or a job that wants help; −1 is the end.
func (r *runner[T]) next() (int, *job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if r.left == 0 || r.stopped.Load() {
			return -1, nil
		}
		if n := len(r.ready); n > 0 {
			i := r.ready[n-1]
			r.ready = r.ready[:n-1]
			return i, nil
		}
		for n := len(r.jobs); n > 0; n-- {
			if j := r.jobs[n-1]; int(j.next.Load()) < j.pieces {
				return 0, j
			}
			r.jobs = r.jobs[:n-1] // nothing left to take
		}
		r.wake.Wait()
	}
}

func (r *runner[T]) task(w *worker[T], i int) {
	if r.f.plan.kind[i] == upper {
		w.front(r, i, r.split)
		r.progress(r.f.s.fronts[i].flops)
		return
	}
	done := 0.0
	for q := int(r.f.s.fronts[i].start); q <= i && !r.stopped.Load(); q++ {
		w.front(r, q, nil)
		if done += r.f.s.fronts[q].flops; done > r.f.s.flops/256 {
			r.progress(done)
			done = 0
		}
	}
	r.progress(done)
}

// finish makes the parent ready when it was the last child.
func (r *runner[T]) finish(i int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left--
	if q := r.f.s.fronts[i].parent; q >= 0 {
		if r.wait[q]--; r.wait[q] == 0 {
			r.ready = append(r.ready, int(q))
		}
	}
	r.wake.Broadcast()
}

// split runs a job with whoever is idle, and returns when all pieces are done.
func (r *runner[T]) split(pieces int, work func(piece int)) {
	j := &job{pieces: pieces, work: work}
	j.done.Add(pieces)
	r.mu.Lock()
	r.jobs = append(r.jobs, j)
	r.mu.Unlock()
	r.wake.Broadcast()
	j.help()
	r.mu.Lock()
	for k := range r.jobs {
		if r.jobs[k] == j {
			r.jobs = append(r.jobs[:k], r.jobs[k+1:]...)
			break
		}
	}
	r.mu.Unlock()
	j.done.Wait()
}

func (r *runner[T]) progress(flops float64) {
	tell := r.f.opt.Progress
	if tell == nil || flops == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	total := r.f.s.flops
	r.done = min(r.done+flops, total)
	if r.done-r.shown >= total/128 || r.done >= total*(1-1e-9) {
		r.shown = r.done
		tell(r.done, total)
	}
}
