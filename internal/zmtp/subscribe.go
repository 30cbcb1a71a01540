package zmtp

// Subscribe asks for messages whose first frame begins with topic (SUB); "" asks for all. Topics are counted: the peers hear
// of the first subscription and of the last cancellation. On other types it does nothing.
func (s *Socket) Subscribe(topic string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.typ == Sub && s.subs.add(topic) {
		s.announce(topic, true)
	}
}

// Unsubscribe takes one Subscribe back (SUB).
func (s *Socket) Unsubscribe(topic string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.typ == Sub && s.subs.remove(topic) {
		s.announce(topic, false)
	}
}

// announce tells every peer; mu is held. A peer that comes later hears all topics when it is added.
func (s *Socket) announce(topic string, on bool) {
	for _, p := range s.peers {
		p.q.force(announcement(topic, on))
	}
}

// announcement is a subscription in the form that every ZMTP 3 peer understands.
func announcement(topic string, on bool) [][]byte {
	b := make([]byte, 1, 1+len(topic))
	if on {
		b[0] = 1
	}
	return [][]byte{append(b, topic...)}
}

// wanted filters what was under way when a topic was cancelled.
func (s *Socket) wanted(topic []byte) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.subs.match(topic)
}
