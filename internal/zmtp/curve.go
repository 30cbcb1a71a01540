package zmtp

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/nacl/box"
	"golang.org/x/crypto/nacl/secretbox"
)

// Curve encrypts and authenticates all connections of a socket (RFC 25, 26). A socket with Server set is a client on each of
// them, one without is a server, whoever connected to whom. There is no way back to clear: a peer that does not speak CURVE
// is refused.
type Curve struct {
	Keys   KeyPair        // own long-term keys
	Server Key            // client: the server's public key, which must prove that it is the one
	Allow  func(Key) bool // server: says which clients' public keys may enter, from handshakes' goroutines; nil: all that know ours
}

// AllowKeys is a Curve.Allow that lets in only the keys given.
func AllowKeys(keys ...Key) func(Key) bool {
	set := map[Key]struct{}{}
	for _, k := range keys {
		set[k] = struct{}{}
	}
	return func(k Key) bool { _, ok := set[k]; return ok }
}

// CurveServer makes a server's Curve of a connection file's keys; both empty: nil, for no encryption. One without the other
// is an error.
func CurveServer(public, secret string) (*Curve, error) {
	if public == "" && secret == "" {
		return nil, nil
	}
	keys, err := ParseKeyPair(public, secret)
	if err != nil {
		return nil, err
	}
	return &Curve{Keys: keys}, nil
}

// CurveClient makes the Curve of a client of the server that a connection file's key names, with a key pair that nobody
// keeps; empty: nil, for no encryption.
func CurveClient(server string) (*Curve, error) {
	if server == "" {
		return nil, nil
	}
	key, err := ParseKey(server)
	if err != nil {
		return nil, err
	}
	keys, err := NewKeyPair()
	if err != nil {
		return nil, err
	}
	return &Curve{Keys: keys, Server: key}, nil
}

func (c *Curve) isClient() bool { return c.Server != Key{} }

func (c *Curve) greets() (name string, asServer bool) { return "CURVE", !c.isClient() }

func (c *Curve) shake(to commands, props []byte) (*agreement, error) {
	own, err := NewKeyPair() // for this connection only: what was recorded cannot be opened when long-term keys are lost
	if err != nil {
		return nil, err
	}
	if c.isClient() {
		return c.shakeClient(to, props, own)
	}
	return c.shakeServer(to, props, own)
}

const (
	helloSize    = 2 + 72 + 32 + 8 + 64 + box.Overhead
	cookieSize   = 16 + 32 + 32 + secretbox.Overhead
	welcomeSize  = 16 + 32 + cookieSize + box.Overhead
	vouchSize    = 32 + 32 + box.Overhead
	initiateSize = cookieSize + 8 + 32 + 16 + vouchSize + box.Overhead // at least
)

func (c *Curve) shakeClient(to commands, props []byte, own KeyPair) (*agreement, error) {
	known, err := agree(c.Server, own.Secret) // C' and S
	if err != nil {
		return nil, err
	}
	hello := append([]byte{1, 0}, make([]byte, 72)...)
	hello = append(hello, own.Public[:]...)
	hello = binary.BigEndian.AppendUint64(hello, 1)
	hello = box.SealAfterPrecomputation(hello, make([]byte, 64), nonce("CurveZMQHELLO---", hello[106:114]), known)
	if err := to.send("HELLO", hello); err != nil {
		return nil, err
	}
	welcome, err := to.receive("WELCOME")
	if err != nil {
		return nil, err
	}
	if len(welcome) != welcomeSize {
		return nil, fmt.Errorf("%w: WELCOME of %d bytes", ErrProtocol, len(welcome))
	}
	plain, ok := box.OpenAfterPrecomputation(nil, welcome[16:], nonce("WELCOME-", welcome[:16]), known)
	if !ok {
		return nil, fmt.Errorf("%w: WELCOME is not from the server with key %s", ErrRefused, c.Server)
	}
	theirs, cookie := Key(plain[:32]), plain[32:]
	proof, err := agree(theirs, c.Keys.Secret) // C and S'
	if err != nil {
		return nil, err
	}
	both, err := agree(theirs, own.Secret) // C' and S'
	if err != nil {
		return nil, err
	}
	salt := random()
	inner := append(append([]byte{}, c.Keys.Public[:]...), salt...)
	inner = box.SealAfterPrecomputation(inner, append(append([]byte{}, own.Public[:]...), c.Server[:]...), nonce("VOUCH---", salt), proof)
	inner = append(inner, props...)
	initiate := binary.BigEndian.AppendUint64(bytes.Clone(cookie), 2)
	initiate = box.SealAfterPrecomputation(initiate, inner, nonce("CurveZMQINITIATE", initiate[cookieSize:]), both)
	if err := to.send("INITIATE", initiate); err != nil {
		return nil, err
	}
	ready, err := to.receive("READY")
	if err != nil {
		return nil, err
	}
	if len(ready) < 8+box.Overhead {
		return nil, fmt.Errorf("%w: READY of %d bytes", ErrProtocol, len(ready))
	}
	peer, ok := box.OpenAfterPrecomputation(nil, ready[8:], nonce("CurveZMQREADY---", ready[:8]), both)
	if !ok {
		return nil, fmt.Errorf("%w: READY does not open", ErrRefused)
	}
	return &agreement{props: peer, key: c.Server, box: newSealed(both, "CurveZMQMESSAGEC", 2, "CurveZMQMESSAGES", ready)}, nil
}

func (c *Curve) shakeServer(to commands, props []byte, own KeyPair) (*agreement, error) {
	theirs, cookie, err := c.welcome(to, own)
	if err != nil {
		return nil, err
	}
	initiate, err := to.receive("INITIATE")
	if err != nil {
		return nil, err
	}
	if len(initiate) < initiateSize || !bytes.Equal(initiate[:cookieSize], cookie) {
		return nil, fmt.Errorf("%w: INITIATE of %d bytes without our cookie", ErrProtocol, len(initiate))
	}
	both, err := agree(theirs, own.Secret) // C' and S'
	if err != nil {
		return nil, err
	}
	count := initiate[cookieSize : cookieSize+8]
	inner, ok := box.OpenAfterPrecomputation(nil, initiate[cookieSize+8:], nonce("CurveZMQINITIATE", count), both)
	if !ok || binary.BigEndian.Uint64(count) < 2 { // HELLO was 1
		return nil, fmt.Errorf("%w: INITIATE does not open", ErrRefused)
	}
	client, vouch := Key(inner[:32]), inner[48:48+vouchSize]
	proof, err := agree(client, own.Secret) // C and S'
	if err != nil {
		return nil, err
	}
	said, ok := box.OpenAfterPrecomputation(nil, vouch, nonce("VOUCH---", inner[32:48]), proof)
	if !ok || !bytes.Equal(said[:32], theirs[:]) || !bytes.Equal(said[32:], c.Keys.Public[:]) {
		return nil, fmt.Errorf("%w: the vouch does not hold", ErrRefused)
	}
	if c.Allow != nil && !c.Allow(client) {
		_ = to.send("ERROR", append([]byte{3}, "400"...)) // it may have gone
		return nil, fmt.Errorf("%w: key %s is not allowed", ErrRefused, client)
	}
	ready := binary.BigEndian.AppendUint64(nil, 1)
	ready = box.SealAfterPrecomputation(ready, props, nonce("CurveZMQREADY---", ready), both)
	if err := to.send("READY", ready); err != nil {
		return nil, err
	}
	return &agreement{props: inner[48+vouchSize:], key: client, box: newSealed(both, "CurveZMQMESSAGES", 1, "CurveZMQMESSAGEC", count)}, nil
}

// welcome answers HELLO. Its cookie is sealed with a key that nobody keeps: the connection remembers what it holds.
func (c *Curve) welcome(to commands, own KeyPair) (theirs Key, cookie []byte, err error) {
	hello, err := to.receive("HELLO")
	if err != nil {
		return theirs, nil, err
	}
	if len(hello) != helloSize || hello[0] != 1 || hello[1] != 0 {
		return theirs, nil, fmt.Errorf("%w: HELLO of %d bytes", ErrProtocol, len(hello))
	}
	theirs = Key(hello[74:106])
	known, err := agree(theirs, c.Keys.Secret) // C' and S
	if err != nil {
		return theirs, nil, err
	}
	if _, ok := box.OpenAfterPrecomputation(nil, hello[114:], nonce("CurveZMQHELLO---", hello[106:114]), known); !ok {
		return theirs, nil, fmt.Errorf("%w: HELLO was not made for our key", ErrRefused)
	}
	var throwaway [32]byte
	_, _ = rand.Read(throwaway[:]) // never fails
	cookie = random()
	cookie = secretbox.Seal(cookie, append(append([]byte{}, theirs[:]...), own.Secret[:]...), nonce("COOKIE--", cookie), &throwaway)
	welcome := random()
	welcome = box.SealAfterPrecomputation(welcome, append(append([]byte{}, own.Public[:]...), cookie...), nonce("WELCOME-", welcome), known)
	return theirs, cookie, to.send("WELCOME", welcome)
}

// agree is the first half of a box: the key that two key pairs share. Points of low order, which share it with everybody,
// are refused.
func agree(public Key, secret SecretKey) (*[32]byte, error) {
	k := new([32]byte)
	box.Precompute(k, (*[32]byte)(&public), (*[32]byte)(&secret))
	if string(k[:]) == lowOrder {
		return nil, fmt.Errorf("%w: public key %s of low order", ErrRefused, public)
	}
	return k, nil
}

// lowOrder is what agree gives for a point of low order: HSalsa20 of zeros.
const lowOrder = "\x35\x1f\x86\xfa\xa3\xb9\x88\x46\x8a\x85\x01\x22\xb6\x5b\x0a\xce\xce\x9c\x48\x26\x80\x6a\xee\xe6\x3d\xe9\xc0\xda\x2b\xd7\xf9\x1e"

// nonce is a prefix and what follows it, 24 bytes together.
func nonce(prefix string, rest []byte) *[24]byte {
	n := new([24]byte)
	copy(n[copy(n[:], prefix):], rest)
	return n
}

// random returns the 16 bytes of a nonce that must never come again.
func random() []byte {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return b
}
