package cluster

import (
	"slices"
	"time"
)

// watch follows a place among the engines: what dies there is started again as the policy says.
func (c *Cluster) watch(m *member) {
	for {
		<-m.unit.done()
		delay, again := c.ended(m, "not started again")
		if !again || !c.sleep(delay) {
			return
		}
		s, err := c.site()
		if err == nil {
			var units []unit
			if units, err = c.o.Launcher.launch(c.ctx, s, m.unit.size()); err == nil {
				if c.replace(m, units) {
					continue
				}
				return
			}
		}
		c.o.Log.Error("an engine does not start again", "engine", m.unit.label(), "error", err)
		c.lose(m)
		return
	}
}

// watchController follows the controller: one that dies is started again with what it knew, and engines and clients come back to it.
func (c *Cluster) watchController(m *member) {
	defer close(c.gone)
	for {
		<-m.unit.done()
		delay, again := c.ended(m, "not started again: the cluster has no controller")
		if !again || !c.sleep(delay) {
			return
		}
		p, err := c.startController(c.ctx, "--restore")
		if err != nil {
			c.o.Log.Error("the controller does not start again", "error", err)
			return
		}
		if !c.replace(m, []unit{p}) {
			return
		}
	}
}

// ended records the end of a place's unit and decides what follows.
func (c *Cluster) ended(m *member, finally string) (delay time.Duration, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := m.unit.ending()
	e.Pid = m.unit.id()
	if m.left || c.ctx.Err() != nil {
		return 0, false
	}
	if !e.Asked {
		m.deaths = append(m.deaths, e.Time)
		delay, again = c.o.Restart.next(m.deaths)
		switch {
		case !again:
			e.Restart = finally
		case delay == 0:
			e.Restart = "started again"
		default:
			e.Restart = "started again after " + delay.String()
		}
		c.o.Log.Warn("a part of the cluster ended", "what", e.Name, "how", e.How(), "then", e.Restart)
	}
	m.lost = !again
	c.endings = append(c.endings, e)
	c.endings = c.endings[max(0, len(c.endings)-keptEndings):]
	_ = c.writeState() // the state file is for others; what is in it of a cluster that has ended is checked
	return delay, again
}

// sleep waits, unless the cluster is stopped meanwhile.
func (c *Cluster) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// replace puts the units that were started instead in the place, the first of them, and behind; false when the place was given up
// meanwhile, and then they are stopped.
func (c *Cluster) replace(m *member, units []unit) bool {
	c.mu.Lock()
	if m.left || c.ctx.Err() != nil {
		c.mu.Unlock()
		stopAll(units, c.o.Grace)
		return false
	}
	m.unit = units[0]
	for _, u := range units[1:] {
		more := &member{unit: u, deaths: slices.Clone(m.deaths)}
		c.members = append(c.members, more)
		c.watching.Go(func() { c.watch(more) })
	}
	_ = c.writeState() // as above
	c.mu.Unlock()
	return true
}

// lose gives a place up.
func (c *Cluster) lose(m *member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m.lost = true
	_ = c.writeState() // as above
}
