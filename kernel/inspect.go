package kernel

type inspectReply struct {
	Status   string         `json:"status"`
	Found    bool           `json:"found"`
	Data     map[string]any `json:"data"`
	Metadata map[string]any `json:"metadata"`
}

// inspect answers inspect_request.
func (k *Kernel) inspect(r *request) any {
	var c cursor
	if err := r.Content(&c); err != nil {
		return badRequest(err)
	}
	a := inspectReply{Status: "ok", Data: map[string]any{}, Metadata: map[string]any{}}
	b, found := k.inspectMagic(c.Code, c.offset())
	if !found {
		b, found = k.o.Compiler.Inspect(masked(c.Code), c.offset(), c.Detail)
	}
	if found && len(b.Data) > 0 {
		a.Found, a.Data = true, b.Data
		if b.Metadata != nil {
			a.Metadata = b.Metadata
		}
	}
	return a
}
