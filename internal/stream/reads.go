package stream

import (
	"os"
	"runtime"
	"strings"
	"syscall"
)

// readOfStdin is how /proc tells of a thread that waits in a read of file descriptor 0: the number of the system call, in decimal, and its
// first argument.
var readOfStdin = map[string]string{"amd64": "0 0x0 ", "arm64": "63 0x0 "}[runtime.GOARCH]

// reads says whether a thread of this process waits in a read of file descriptor 0.
func reads() bool {
	dir, err := os.Open("/proc/self/task")
	if err != nil {
		return false
	}
	tasks, err := dir.Readdirnames(-1)
	_ = dir.Close() // it was read
	if err != nil || readOfStdin == "" {
		return false
	}
	buf := make([]byte, 16)
	for _, t := range tasks {
		fd, err := syscall.Open("/proc/self/task/"+t+"/syscall", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err != nil {
			continue // the thread has ended
		}
		n, err := syscall.Read(fd, buf)
		_ = syscall.Close(fd) // it was read
		if err == nil && strings.HasPrefix(string(buf[:n]), readOfStdin) {
			return true
		}
	}
	return false
}
