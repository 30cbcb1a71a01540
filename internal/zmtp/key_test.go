package zmtp

import (
	"fmt"
	"strings"
	"testing"
)

// pair is the one that libzmq's documentation of CURVE gives.
const (
	docPublic = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
	docSecret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
)

func TestKeys(t *testing.T) {
	k, err := ParseKeyPair(docPublic, docSecret)
	if err != nil {
		t.Fatal(err)
	}
	if k.Public.Z85() != docPublic || k.Secret.Z85() != docSecret {
		t.Errorf("%s, %s", k.Public.Z85(), k.Secret.Z85())
	}
	for _, shown := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %x", k, k, k, k), k.Secret.String()} {
		if strings.Contains(shown, docSecret) || strings.Contains(shown, fmt.Sprintf("%x", [32]byte(k.Secret))) || !strings.Contains(shown, "secret") {
			t.Errorf("a secret key shows itself: %s", shown)
		}
	}
	a, b := newPair(t), newPair(t)
	if a == b {
		t.Error("twice the same pair")
	}
	if again, err := a.Secret.Pair(); err != nil || again != a {
		t.Error(again, err)
	}
}

func newPair(tb testing.TB) KeyPair {
	tb.Helper()
	k, err := NewKeyPair()
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func TestKeysRefused(t *testing.T) {
	for name, c := range map[string][2]string{
		"short":             {docPublic[1:], docSecret},
		"long":              {docPublic, docSecret + "0"},
		"not Z85":           {"," + docPublic[1:], docSecret},
		"too large":         {"#####" + docPublic[5:], docSecret},
		"another's":         {newPair(t).Public.Z85(), docSecret},
		"secret is not Z85": {docPublic, "~" + docSecret[1:]},
		"no secret":         {docPublic, ""},
	} {
		_, err := ParseKeyPair(c[0], c[1])
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), docSecret[1:]) {
			t.Errorf("%s: the error tells the secret: %v", name, err)
		}
	}
}

func FuzzZ85(f *testing.F) {
	f.Add(docPublic)
	f.Add(strings.Repeat("#", 40))
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseKey(s)
		if err == nil && k.Z85() != s {
			t.Fatalf("%q became %q", s, k.Z85())
		}
	})
}
