package zmtp

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

const maxIPCPath = 107 // bytes of a Unix socket's path

// parseEndpoint turns tcp://host:port or ipc://path into what net wants. Host and port may be *; a path that begins with @
// is abstract (Linux).
func parseEndpoint(ep string) (network, addr string, err error) {
	scheme, rest, ok := strings.Cut(ep, "://")
	if !ok {
		return "", "", fmt.Errorf("endpoint %q has no scheme", ep)
	}
	switch scheme {
	case "tcp":
		host, port, err := net.SplitHostPort(rest)
		if err != nil {
			return "", "", fmt.Errorf("endpoint %q: %w", ep, err)
		}
		if host == "*" {
			host = ""
		}
		if port == "*" {
			port = "0"
		}
		return "tcp", net.JoinHostPort(host, port), nil
	case "ipc":
		if rest == "" {
			return "", "", errors.New("ipc endpoint without a path")
		}
		if len(rest) > maxIPCPath {
			return "", "", fmt.Errorf("ipc path of %d bytes, %d are possible", len(rest), maxIPCPath)
		}
		return "unix", rest, nil
	}
	return "", "", fmt.Errorf("endpoint %q: the schemes are tcp and ipc", ep)
}
