package wire

import (
	"errors"
	"testing"
)

func TestSchemesSignAndRememberAlike(t *testing.T) {
	for scheme, size := range map[string]int{"": 64, "hmac-sha256": 64, "hmac-sha512": 128, "hmac-md5": 32} {
		newHash, err := SchemeHash(scheme)
		if err != nil {
			t.Fatal(err)
		}
		one, two := NewSession(Options{Key: []byte("k"), Hash: newHash}), NewSession(Options{Key: []byte("k"), Hash: newHash})
		m, err := one.New("x", nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		frames := one.Frames(m)
		if len(frames[1]) != size {
			t.Errorf("%s: signature of %d characters, want %d", scheme, len(frames[1]), size)
		}
		if _, err := two.Parse(frames); err != nil {
			t.Errorf("%s: %v", scheme, err)
		}
		if _, err := two.Parse(frames); !errors.Is(err, ErrReplay) {
			t.Errorf("%s again: %v", scheme, err)
		}
	}
	if _, err := SchemeHash("hmac-sha1"); err == nil {
		t.Error("a scheme that nobody named")
	}
}
