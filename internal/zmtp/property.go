package zmtp

import (
	"encoding/binary"
	"fmt"
	"strings"
)

const (
	propType     = "Socket-Type"
	propIdentity = "Identity"

	maxProps = 64
	maxID    = 255
)

func appendProperty(b []byte, name, value string) []byte {
	b = append(append(b, byte(len(name))), name...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(value)))
	return append(b, value...)
}

// parseProperties reads the metadata of a handshake. Names compare without regard to case: the two that the protocol gives
// a meaning are stored as it spells them, others as they came. The last of equal names counts.
func parseProperties(b []byte) (map[string]string, error) {
	m := map[string]string{}
	for seen := 0; len(b) > 0; seen++ {
		if seen == maxProps {
			return nil, fmt.Errorf("%w: more than %d properties", ErrTooBig, maxProps)
		}
		k := int(b[0])
		if k == 0 || len(b) < 1+k+4 {
			return nil, fmt.Errorf("%w: property name of %d bytes in %d", ErrProtocol, k, len(b))
		}
		name := string(b[1 : 1+k])
		n := binary.BigEndian.Uint32(b[1+k:])
		b = b[1+k+4:]
		if uint64(n) > uint64(len(b)) {
			return nil, fmt.Errorf("%w: property value of %d bytes in %d", ErrProtocol, n, len(b))
		}
		for _, known := range [...]string{propType, propIdentity} {
			if strings.EqualFold(name, known) {
				name = known
			}
		}
		m[name] = string(b[:n])
		b = b[n:]
	}
	return m, nil
}
