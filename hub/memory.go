package hub

// ids gives out engine ids, each once.
type ids struct {
	next  EngineID
	holes map[EngineID]bool // below next, that nobody had yet
}

// maxHoles bounds how far wanted ids may run ahead.
const maxHoles = 1 << 16

// take gives the id wanted if nobody ever had it, and otherwise the next one.
func (i *ids) take(wanted EngineID) EngineID {
	switch {
	case wanted < 0:
	case i.holes[wanted]:
		delete(i.holes, wanted)
		return wanted
	case wanted >= i.next && int(wanted-i.next)+len(i.holes) <= maxHoles:
		if i.holes == nil {
			i.holes = map[EngineID]bool{}
		}
		for ; i.next < wanted; i.next++ {
			i.holes[i.next] = true
		}
	}
	i.next++
	return i.next - 1
}

// recall marks an id as given, if nobody had it.
func (i *ids) recall(id EngineID) bool {
	return (i.holes[id] || id >= i.next && id-i.next <= maxHoles/2) && i.take(id) == id
}

// gone remembers the engines that left, the latest ones.
type gone struct {
	max   int
	seq   int64
	at    map[UUID]departed
	order []mention // oldest first
}

type departed struct {
	id     EngineID
	seq    int64
	silent bool // it only stopped answering
}

// mention names a departure; it is void when the engine came back since.
type mention struct {
	uuid UUID
	seq  int64
}

func (g *gone) valid(m mention) bool { return g.at[m.uuid].seq == m.seq }

func (g *gone) add(u UUID, id EngineID, silent bool) {
	g.seq++
	g.at[u] = departed{id, g.seq, silent}
	g.order = append(g.order, mention{u, g.seq})
	for len(g.at) > g.max {
		if g.valid(g.order[0]) {
			delete(g.at, g.order[0].uuid)
		}
		g.order = g.order[1:]
	}
	if len(g.order) > 2*g.max {
		kept := make([]mention, 0, len(g.at))
		for _, m := range g.order {
			if g.valid(m) {
				kept = append(kept, m)
			}
		}
		g.order = kept
	}
}

func (g *gone) take(u UUID) (departed, bool) {
	d, ok := g.at[u]
	delete(g.at, u)
	return d, ok
}

func (g *gone) silent(u UUID) bool { return g.at[u].silent }

// finished remembers how the latest tasks ended.
type finished struct {
	max  int
	ring []ending
	next int
	at   map[TaskID]int
}

// ending is how a task ended.
type ending struct {
	id      TaskID
	kind    kind
	ok      bool
	aborted bool
	engine  UUID // "" when no engine ended it
}

func (f *finished) add(e ending) {
	if len(f.ring) < f.max {
		f.at[e.id] = len(f.ring)
		f.ring = append(f.ring, e)
		return
	}
	if old := f.ring[f.next].id; f.at[old] == f.next {
		delete(f.at, old)
	}
	f.ring[f.next] = e
	f.at[e.id] = f.next
	f.next = (f.next + 1) % f.max
}

func (f *finished) get(id TaskID) (ending, bool) {
	i, ok := f.at[id]
	if !ok {
		return ending{}, false
	}
	return f.ring[i], true
}

// all calls f for every ending, oldest first.
func (f *finished) all(yield func(ending) bool) {
	for i := range f.ring {
		if !yield(f.ring[(f.next+i)%len(f.ring)]) {
			return
		}
	}
}
