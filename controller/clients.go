package controller

import (
	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// client is a session that asks for work. Its connections come and go: those of Python have another identity each time and are
// known by the session of what they say, those of Go have the session as their identity.
type client struct {
	session string
	at      [sockets]string // identity on each socket; "": none
	untold  []untold        // answers that found it away, oldest first
	jobs    int             // that have not ended
}

// untold is an answer that waits for its client.
type untold struct {
	id     hub.TaskID
	on     socket
	frames [][]byte
}

// connection is one of a client's.
type connection struct {
	on socket
	id string
}

// Bounds of what waits for clients that are away: answers of one, and clients.
const (
	maxUntold  = 1 << 16
	maxClients = 1 << 16
)

// clients are all that have a connection, work, or answers waiting.
type clients struct {
	bySession map[string]*client
	byID      map[connection]*client
	untold    map[hub.TaskID]*job // whose answers wait for a client
	// absent are requests of which clients were told that they have not arrived.
	absent map[hub.TaskID]bool
}

// of gives the client of a session.
func (s *shell) clientOf(session string) *client {
	c := s.clients.bySession[session]
	if c == nil {
		if len(s.clients.bySession) >= maxClients {
			s.forgetClients()
		}
		c = &client{session: session}
		s.clients.bySession[session] = c
	}
	return c
}

// speaker gives the client that sent a message, and tells it what it has missed if it speaks for the first time.
func (s *shell) speaker(in input, m *wire.Message) *client {
	at := connection{in.socket, in.from}
	c := s.clients.byID[at]
	if c == nil {
		c = s.clientOf(field(m.RawHeader, "session"))
		s.bind(c, at)
	}
	return c
}

// bind notes that a client is at the end of a connection.
func (s *shell) bind(c *client, at connection) {
	s.clients.byID[at] = c
	c.at[at.on] = at.id
	waiting := c.untold
	c.untold = nil
	for _, u := range waiting {
		if u.on == at.on {
			s.send(u.on, at.id, u.frames)
			s.told(u.id)
		} else {
			c.untold = append(c.untold, u)
		}
	}
}

// came and went take the news of a client's connection.
func (s *shell) clientCame(at connection) {
	if c := s.clients.bySession[at.id]; c != nil {
		s.bind(c, at)
	}
}

func (s *shell) clientWent(at connection) {
	c := s.clients.byID[at]
	if c == nil {
		return
	}
	delete(s.clients.byID, at)
	if c.at[at.on] == at.id {
		c.at[at.on] = ""
	}
	s.release(c)
}

// release drops a client of which nothing is left.
func (s *shell) release(c *client) {
	if c.jobs == 0 && len(c.untold) == 0 && c.at == [sockets]string{} {
		delete(s.clients.bySession, c.session)
	}
}

// forgetClients makes room: clients that are away and wait for nothing but answers, which are in the records, are forgotten.
func (s *shell) forgetClients() {
	for name, c := range s.clients.bySession {
		if c.jobs == 0 && c.at == [sockets]string{} {
			delete(s.clients.bySession, name)
		}
	}
}

// told notes that an answer waits no longer.
func (s *shell) told(id hub.TaskID) { delete(s.clients.untold, id) }

// tell gives a client the answer of its job, now or when it is back.
func (s *shell) tell(j *job, frames [][]byte) {
	c := j.owner
	if c == nil {
		return
	}
	on, _ := j.sockets()
	if c.at[on] != "" {
		s.send(on, c.at[on], frames)
		if s.debts.answered = s.now; s.debts.settle.IsZero() {
			s.debts.settle = s.now.Add(doubtful)
		}
		return
	}
	if len(c.untold) >= maxUntold {
		s.told(c.untold[0].id)
		c.untold = c.untold[1:]
	}
	c.untold = append(c.untold, untold{j.id, on, frames})
	s.clients.untold[j.id] = j
	s.noteText(untoldEntry, string(j.id))
}
