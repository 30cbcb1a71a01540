package namespace

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// A module takes some memory areas for good, and the system allows a process so many: when it is asked for more, Go ends the process. So a
// namespace warns at the first share of them, and at the second it loads no more modules.
const (
	mapsPerModule = 5 // of a hollow module
	mapsWarn      = 80
	mapsRefuse    = 96
	mapsEvery     = 100 // modules between two looks
)

// MaxModules is about how many modules a namespace takes before it warns, on this machine.
func MaxModules() int { return maxMaps() / 100 * mapsWarn / mapsPerModule }

// maxMaps is how many memory areas a process may have.
func maxMaps() int {
	raw, err := os.ReadFile("/proc/sys/vm/max_map_count")
	if err != nil {
		return math.MaxInt32
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return math.MaxInt32
	}
	return n
}

// areas is what a namespace knows of its memory areas. It is guarded by Namespace.loading.
type areas struct {
	most   int // allowed
	next   int // modules at the next look
	warned bool
	loaded int
}

// room says whether another module may be mapped, and warns once when it gets tight.
func (n *Namespace) room() error {
	m := &n.areas
	if m.loaded++; m.loaded < m.next {
		return nil
	}
	if m.most == 0 {
		m.most = maxMaps()
	}
	raw, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		m.next = m.loaded + mapsEvery
		return nil
	}
	now := bytes.Count(raw, []byte("\n"))
	switch {
	case now > m.most/100*mapsRefuse:
		return fmt.Errorf("this process maps %d of %d memory areas that the system allows, as many cells were compiled: %%restart --keep begins "+
			"another one with the variables kept (root can raise vm.max_map_count)", now, m.most)
	case now > m.most/100*mapsWarn && !m.warned:
		m.warned = true
		_, _ = fmt.Fprintf(os.Stderr, "gale: %d cells were compiled, which takes %d of %d memory areas that the system allows; before it is full, "+
			"%%restart --keep begins another process with the variables kept\n", m.loaded, now, m.most)
	}
	m.next = m.loaded + mapsEvery
	return nil
}
