package zmtp

import (
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"strings"
)

// Key is a CURVE public key.
type Key [32]byte

// SecretKey is a CURVE secret key. It does not print itself: ask for Z85.
type SecretKey [32]byte

// KeyPair is a CURVE identity.
type KeyPair struct {
	Public Key
	Secret SecretKey
}

// NewKeyPair makes a key pair from the system's random numbers.
func NewKeyPair() (KeyPair, error) {
	k, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return KeyPair{}, fmt.Errorf("zmtp: making a key pair: %w", err)
	}
	return KeyPair{Public: Key(k.PublicKey().Bytes()), Secret: SecretKey(k.Bytes())}, nil
}

// Pair returns the key pair of a secret key.
func (k SecretKey) Pair() (KeyPair, error) {
	p, err := ecdh.X25519().NewPrivateKey(k[:])
	if err != nil {
		return KeyPair{}, fmt.Errorf("zmtp: public half of a key: %w", err)
	}
	return KeyPair{Public: Key(p.PublicKey().Bytes()), Secret: k}, nil
}

// ParseKey reads a public key in Z85, 40 characters.
func ParseKey(z85 string) (Key, error) {
	k, err := decodeZ85(z85)
	if err != nil {
		return Key{}, fmt.Errorf("zmtp: public key: %w", err)
	}
	return Key(k), nil
}

// ParseKeyPair reads a key pair in Z85, as connection files hold it. It refuses a public key that is not the secret key's.
func ParseKeyPair(public, secret string) (KeyPair, error) {
	pub, err := ParseKey(public)
	if err != nil {
		return KeyPair{}, err
	}
	sec, err := decodeZ85(secret)
	if err != nil {
		return KeyPair{}, fmt.Errorf("zmtp: secret key: %w", err)
	}
	pair, err := SecretKey(sec).Pair()
	if err != nil {
		return KeyPair{}, err
	}
	if pair.Public != pub {
		return KeyPair{}, fmt.Errorf("zmtp: key pair: the public key %s is not the secret key's", pub)
	}
	return pair, nil
}

// Z85 is the key as files hold it.
func (k Key) Z85() string { return encodeZ85(k) }

// String is the key in Z85.
func (k Key) String() string { return k.Z85() }

// Z85 is the key as files hold it.
func (k SecretKey) Z85() string { return encodeZ85(k) }

// String keeps the key out of logs.
func (SecretKey) String() string { return "(secret)" }

// GoString keeps the key out of logs.
func (SecretKey) GoString() string { return "(secret)" }

// z85 is the alphabet of RFC 32: four bytes are five of its digits, the most significant first.
const z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

func encodeZ85(k [32]byte) string {
	var b strings.Builder
	for i := 0; i < len(k); i += 4 {
		v := uint32(k[i])<<24 | uint32(k[i+1])<<16 | uint32(k[i+2])<<8 | uint32(k[i+3])
		for _, unit := range [...]uint32{85 * 85 * 85 * 85, 85 * 85 * 85, 85 * 85, 85, 1} {
			b.WriteByte(z85[v/unit%85])
		}
	}
	return b.String()
}

// decodeZ85 never repeats what it was given: it may be a secret.
func decodeZ85(s string) (k [32]byte, err error) {
	if len(s) != 40 {
		return k, fmt.Errorf("%d characters instead of 40 of Z85", len(s))
	}
	for i := 0; i < len(s); i += 5 {
		v := uint64(0)
		for j := range 5 {
			d := strings.IndexByte(z85, s[i+j])
			if d < 0 {
				return [32]byte{}, fmt.Errorf("character %d is not of Z85", i+j+1)
			}
			v = 85*v + uint64(d)
		}
		if v > 1<<32-1 {
			return [32]byte{}, fmt.Errorf("characters %d to %d are too large for Z85", i+1, i+5)
		}
		at := i / 5 * 4
		k[at], k[at+1], k[at+2], k[at+3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
	}
	return k, nil
}
