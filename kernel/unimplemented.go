package kernel

// unimplemented takes a request that nobody answers: it is framed by busy and idle and has no reply, so that a front end which
// asks for more than this kernel has goes on. Not answered are: create_subshell_request, delete_subshell_request,
// list_subshell_request (kernel_info does not offer subshells), debug_request (nor a debugger), usage_request.
func (k *Kernel) unimplemented(r *request) any {
	k.log.Debug("not answered", "type", r.Header.MsgType)
	return nil
}
