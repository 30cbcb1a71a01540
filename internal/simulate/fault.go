package simulate

import (
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/wire"
)

// fault has something go wrong.
func (w *world) fault() {
	switch w.rnd.IntN(10) {
	case 0, 1, 2:
		w.kill()
		w.after(w.while(), w.boot)
	case 3:
		if w.machine != nil { // in the middle of what it writes
			w.disk.tear = 1 + w.rnd.IntN(20)
			w.after(w.while()+5*time.Second, w.boot)
		}
	case 4:
		w.say("the disk is full")
		w.disk.full = true
		w.after(w.while(), func() { w.say("the disk has room again"); w.disk.full = false })
	case 5:
		if l, some := pick(w, w.links); some {
			w.sever(l)
		}
	case 6:
		if h, some := pick(w, w.these(kindEngine, kindPythonEngine, kindClient, kindPythonClient)); some {
			w.crash(h)
		}
	case 7:
		if h, some := pick(w, w.these(kindEngine, kindPythonEngine)); some {
			w.crash(h)
		}
	case 8:
		if h, some := pick(w, w.hosts); some {
			w.isolate(h)
		}
	case 9:
		if h, some := pick(w, w.hosts); some { // all its connections at once
			for _, on := range order {
				if l := h.links[on]; l != nil {
					w.sever(l)
				}
			}
		}
	}
}

// while is how long something lasts.
func (w *world) while() time.Duration {
	if w.rnd.IntN(2) == 0 {
		return time.Duration(w.rnd.IntN(300)) * time.Millisecond
	}
	return time.Duration(w.rnd.IntN(8000)) * time.Millisecond
}

// crash ends a process or a machine; another one follows.
func (w *world) crash(h *host) {
	if w.rnd.IntN(3) == 0 {
		w.vanish(h)
	} else {
		w.exit(h)
	}
	if w.rnd.IntN(3) > 0 || h.kind == kindClient || h.kind == kindPythonClient {
		w.after(w.while(), func() { w.begins(h) })
	}
}

// isolate has nothing reach a host for a while.
func (w *world) isolate(h *host) {
	w.say("nothing reaches %s", h.name)
	h.severed = true
	var links []*link
	for _, on := range order {
		if l := h.links[on]; l != nil {
			l.stall()
			links = append(links, l)
		}
	}
	w.after(w.while(), func() {
		w.say("%s can be reached again", h.name)
		h.severed = false
		for _, l := range links {
			w.heal(l)
		}
	})
}

// probe asks the controller for its queues, for the ledger to compare.
func (w *world) probe() {
	if w.machine == nil {
		return
	}
	w.control(controller.Input{Kind: controller.Arrived, Socket: controller.Query, From: "probe", Frames: w.question("queue_request")}, nil)
}

func (w *world) question(msgType string) [][]byte {
	w.runs++
	s := wire.NewSession(wire.Options{Key: []byte(Key), ID: fmt.Sprint("probe", w.runs), Pid: 1, Username: "u", Version: wire.ClusterVersion, Now: func() time.Time { return w.now }})
	m, err := s.New(msgType, nil, nil, nil)
	if err != nil {
		panic(err) // of nothing there is always a message
	}
	return s.Frames(m)
}

// calmDown ends all faults: who is down begins, and who speaks hears what it has missed.
func (w *world) calmDown() {
	if w.err != nil {
		return
	}
	w.say("the faults cease")
	w.disk.full, w.disk.tear = false, 0
	w.boot()
	if len(w.places()) == 0 {
		for _, h := range w.hosts {
			if h.kind == kindEngine || h.kind == kindPythonEngine {
				w.begins(h)
			}
		}
	}
	if len(w.places()) == 0 || w.disk.faults > 0 { // a full disk forgets engines, of which those of Python do not say again that they are here
		w.add(kindEngine, "engine9")
	}
	w.after(10*time.Second, w.speak)
}

// speak has clients ask for something on every channel, and engines be there for what waits for one.
func (w *world) speak() {
	places := w.places()
	for _, h := range w.these(kindClient, kindPythonClient) {
		w.step(h, Input{Kind: Asked, Request: Request{On: controller.TaskClient}})
		w.step(h, Input{Kind: Asked, Request: Request{On: controller.CastClient, Engines: places, Merge: true}})
		w.step(h, Input{Kind: Asked, Request: Request{On: controller.MuxClient, Engines: places[:1]}})
	}
	w.spoken = true
}

// atRest says whether nothing is left to do.
func (w *world) atRest() bool { return w.unrest() == "" }

func (w *world) unrest() string {
	switch {
	case w.machine == nil:
		return "there is no controller"
	case !w.spoken:
		return "not all have spoken"
	case !w.judge.settled():
		return "there are requests without an answer"
	}
	var not []string
	for _, h := range w.hosts {
		for _, on := range order {
			if h.up && h.sockets[on] && (h.links[on] == nil || !h.links[on].there) {
				not = append(not, fmt.Sprintf("%s is not connected to %s", h.name, names[on]))
			}
		}
		if e, ok := h.peer.(interface{ Held() int }); ok && h.up && e.Held() > 0 {
			not = append(not, fmt.Sprintf("%s holds %d replies", h.name, e.Held()))
		}
		if h.up && len(h.running) > 0 {
			not = append(not, h.name+" runs something")
		}
		forgotten := h.kind == kindPythonEngine && w.disk.faults > 0
		if h.up && (h.kind == kindEngine || h.kind == kindPythonEngine) && !w.judge.here[h.identity] && !forgotten {
			not = append(not, h.name+" is not announced")
		}
	}
	return strings.Join(not, ", ")
}

func stack() string { return string(debug.Stack()) }
