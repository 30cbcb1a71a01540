package kernel

type commInfoReply struct {
	Status string              `json:"status"`
	Comms  map[string]struct{} `json:"comms"`
}

// commInfo answers comm_info_request: no comm is ever open, since no target is known.
func (k *Kernel) commInfo(*request) any {
	return commInfoReply{Status: "ok", Comms: map[string]struct{}{}}
}

type comm struct {
	ID     string `json:"comm_id"`
	Target string `json:"target_name"`
}

// commOpen refuses a comm by closing it at once, so that the front end does not wait.
func (k *Kernel) commOpen(r *request) any {
	var c comm
	if err := r.Content(&c); err != nil {
		k.log.Debug("refused a comm", "err", err)
		return nil
	}
	k.log.Debug("no such comm target", "target", c.Target)
	k.pub.publish("comm_close", r.Message, nil, struct {
		ID   string   `json:"comm_id"`
		Data struct{} `json:"data"`
	}{ID: c.ID})
	return nil
}

// commOther takes messages of comms that are not open.
func (k *Kernel) commOther(r *request) any {
	k.log.Debug("no such comm", "type", r.Header.MsgType)
	return nil
}
