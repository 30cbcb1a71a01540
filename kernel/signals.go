package kernel

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// HandleSignals makes SIGINT an interrupt and SIGTERM and SIGHUP a shutdown, until ctx ends or the kernel does.
func (k *Kernel) HandleSignals(ctx context.Context) {
	c := make(chan os.Signal, 4)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		defer signal.Stop(c)
		for {
			select {
			case <-ctx.Done():
				return
			case <-k.ctx.Done():
				return
			case s := <-c:
				if s == os.Interrupt {
					k.Interrupt()
				} else {
					k.Shutdown()
				}
			}
		}
	}()
}
