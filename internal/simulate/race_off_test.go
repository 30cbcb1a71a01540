//go:build !race

package simulate_test

// raced says that the race detector makes everything ten times slower.
const raced = false
