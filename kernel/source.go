package kernel

import (
	"fmt"
	"os"
	"path/filepath"
)

// sourcePrefix is how names of cells' sources begin.
func (k *Kernel) sourcePrefix() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("gale_%d", os.Getpid())) + string(filepath.Separator)
}

// sourcePath names the source of a cell: front ends compute the same, to find the cell of a source.
func (k *Kernel) sourcePath(code string) string {
	return fmt.Sprintf("%s%d%s", k.sourcePrefix(), murmur2([]byte(code), hashSeed), sourceSuffix)
}

// murmur2 is the hash that front ends use: MurmurHash2, 32 bits, over the bytes of the text.
func murmur2(data []byte, seed uint32) uint32 {
	const m, r = 0x5bd1e995, 24
	h := seed ^ uint32(len(data)) //nolint:gosec // wraps as it should
	for ; len(data) >= 4; data = data[4:] {
		k := uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16 | uint32(data[3])<<24
		k *= m
		k ^= k >> r
		k *= m
		h = h*m ^ k
	}
	for i, b := range data {
		h ^= uint32(b) << (8 * i)
	}
	if len(data) > 0 {
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
