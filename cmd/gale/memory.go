package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// memoryEnv sets how much memory a namespace may use: "8G", "512M", a number of bytes, or "off".
const memoryEnv = "GALE_MEMORY"

// memoryShare is what a kernel's child may use of what there is, in hundredths, when nobody says otherwise.
const memoryShare = 80

// memoryLimit is how many bytes this process may use; 0: as many as it likes, as engines of a cluster do when nobody says otherwise.
func memoryLimit(private bool) (int64, error) {
	text := os.Getenv(memoryEnv)
	switch {
	case text == "off" || text == "" && !private:
		return 0, nil
	case text == "":
		if there := memoryThere(); there < math.MaxInt64 {
			return there / 100 * memoryShare, nil
		}
		return 0, nil
	}
	n, err := parseBytes(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", memoryEnv, err)
	}
	return n, nil
}

// parseBytes reads a number of bytes with a unit: K, M, G, T, each 1024 times the one before; "GB" and "GiB" are the same as "G".
func parseBytes(text string) (int64, error) {
	s := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(text)), "B"), "I")
	unit := 1.0
	for i, u := range []string{"K", "M", "G", "T"} {
		if number, ok := strings.CutSuffix(s, u); ok {
			unit, s = math.Pow(1024, float64(i+1)), number
		}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(n*unit >= 64<<20 && n*unit < math.MaxInt64) {
		return 0, fmt.Errorf("%q is no amount of memory of at least 64M", text)
	}
	return int64(n * unit), nil
}

// memoryThere is the least of the machine's memory and the limits of the control groups that this process is in.
func memoryThere() int64 {
	there := int64(math.MaxInt64)
	if info, err := os.ReadFile("/proc/meminfo"); err == nil {
		if _, after, ok := strings.Cut(string(info), "MemTotal:"); ok {
			if kb, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64); err == nil {
				there = kb << 10
			}
		}
	}
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return there
	}
	for line := range strings.Lines(string(groups)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		root, file := "/sys/fs/cgroup", "memory.max"
		switch {
		case parts[1] == "memory":
			root, file = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case parts[1] != "":
			continue
		}
		for path := filepath.Clean("/" + parts[2]); ; path = filepath.Dir(path) {
			if raw, err := os.ReadFile(filepath.Join(root, path, file)); err == nil {
				if n, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64); err == nil { // else "max"
					there = min(there, n)
				}
			}
			if path == "/" {
				break
			}
		}
	}
	return there
}
