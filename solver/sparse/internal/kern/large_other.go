//go:build !linux

package kern

func large([]byte) {}
