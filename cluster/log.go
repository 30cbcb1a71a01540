package cluster

import (
	"errors"
	"os"
	"strings"
)

// SupervisorLog opens the log of a detached cluster's supervisor.
func SupervisorLog(o Options) (*os.File, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	return o.output("cluster")
}

// Failed is why a supervisor did not start, from its log.
func Failed(log string) error {
	lines := lastLines(log, tailLines+2)
	if len(lines) == 0 {
		return errors.New("cluster: the supervisor ended without a word")
	}
	return errors.New(strings.TrimPrefix(strings.Join(lines, "\n"), "gale: "))
}
