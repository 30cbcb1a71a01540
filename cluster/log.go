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
	lines := lastLines(log, tailLines*2)
	if len(lines) == 0 {
		return errors.New("cluster: the supervisor ended without a word")
	}
	for i, l := range lines { // what it logged before its last word does not tell why
		if last, ok := strings.CutPrefix(l, "gale: "); ok {
			return errors.New(strings.Join(append([]string{last}, lines[i+1:]...), "\n"))
		}
	}
	return errors.New(strings.Join(lines, "\n"))
}
