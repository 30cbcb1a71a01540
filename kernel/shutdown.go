package kernel

import "github.com/galeproject/gale/wire"

type shutdownContent struct {
	Status  string `json:"status,omitempty"`
	Restart bool   `json:"restart"`
}

// shutdown answers shutdown_request, on the channel that it came by and on iopub; the kernel ends once idle is published.
func (k *Kernel) shutdown(r *request) any {
	var c shutdownContent
	if err := r.Content(&c); err != nil {
		k.log.Debug("shutting down all the same", "err", err)
	}
	c.Status = "ok"
	k.pub.publish(wire.ReplyType(r.Header.MsgType), r.Message, nil, c)
	return c
}

// Shutdown ends the kernel as a shutdown_request does: [Kernel.Serve] returns.
func (k *Kernel) Shutdown() { k.stop() }
