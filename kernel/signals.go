package kernel

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// HandleSignals makes SIGINT an interrupt and SIGTERM and SIGHUP a shutdown, until ctx ends. Signals that come when the kernel is
// ending already are taken and change nothing, so that its end stays a clean one.
func (k *Kernel) HandleSignals(ctx context.Context) {
	c := make(chan os.Signal, 4)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		defer signal.Stop(c)
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-c:
				switch {
				case k.ctx.Err() != nil:
				case s == os.Interrupt:
					k.Interrupt()
				default:
					k.Shutdown()
				}
			}
		}
	}()
}
