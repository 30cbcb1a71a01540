package kernel

import "unicode/utf8"

// byteOffset converts a position on the wire, in code points, to bytes; what is out of range is clamped.
func byteOffset(s string, points int) int {
	for i := range s {
		if points <= 0 {
			return i
		}
		points--
	}
	return len(s)
}

// codePoints converts an offset in bytes to a position on the wire.
func codePoints(s string, offset int) int {
	return utf8.RuneCountInString(s[:max(0, min(offset, len(s)))])
}
