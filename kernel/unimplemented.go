package kernel

// unimplemented takes a request that nobody answers: it is framed by busy and idle and has no reply, so that a front end which asks for
// what this kernel does not know goes on.
func (k *Kernel) unimplemented(r *request) any {
	k.log.Debug("not answered", "type", r.Header.MsgType)
	return nil
}
