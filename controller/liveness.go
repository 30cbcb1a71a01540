package controller

import (
	"errors"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/internal/zmtp"
)

// defaultWatch is how often the connection of a Go engine is tried. It answers from a goroutine that waits for nothing else, so
// that one that is silent for three times as long is lost, or the way to it.
const defaultWatch = time.Second

// watches says whether an engine's connection is to be tried. One of Python is judged by its heart alone.
func (s *shell) watches(u hub.UUID) bool { return s.about[u] != nil && s.saidOf(u).Kind == "go" }

// watchman tries one connection of each Go engine, and ends the others when that is dead: a machine that lost its power closes
// nothing.
type watchman struct {
	every time.Duration         // 0: never
	peers map[string]*zmtp.Peer // at muxEngine, by identity
	on    map[string]struct{}   // that are to be tried
}

func newWatchman(every time.Duration) *watchman {
	return &watchman{every: every, peers: map[string]*zmtp.Peer{}, on: map[string]struct{}{}}
}

// event notes a connection to muxEngine or its end, and says whether that end is the engine's.
func (w *watchman) event(m zmtp.Msg) (lost bool) {
	id := m.From.ID
	if m.Event.Kind == zmtp.Connected {
		w.peers[id] = m.From
		if _, on := w.on[id]; on {
			w.try(m.From)
		}
		return false
	}
	if m.Event.Kind != zmtp.Disconnected || w.peers[id] != m.From {
		return false
	}
	delete(w.peers, id)
	return errors.Is(m.Event.Err, zmtp.ErrSilent)
}

// start has an engine's connection tried from now on; stop ends that.
func (w *watchman) start(id string) {
	w.on[id] = struct{}{}
	if p := w.peers[id]; p != nil {
		w.try(p)
	}
}

func (w *watchman) stop(id string) { delete(w.on, id) }

func (w *watchman) try(p *zmtp.Peer) {
	if w.every > 0 {
		_ = p.Watch(w.every, 0) // the times are right
	}
}
