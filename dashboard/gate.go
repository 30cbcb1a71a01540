package dashboard

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// minToken is the least length of a token.
const minToken = 16

// newToken makes a token of 192 random bits.
func newToken() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// gate lets in who knows the token. What the cookie holds follows from the token and does not tell it.
type gate struct {
	token  [sha256.Size]byte // hashed, so that its length does not show in the time that a comparison takes
	cookie string            // its value
	name   string            // of the cookie; cookies do not know ports
	hosts  map[string]bool   // by which this server is known
}

func newGate(token string, port int) gate {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("gale dashboard cookie"))
	p := strconv.Itoa(port)
	g := gate{token: sha256.Sum256([]byte(token)), cookie: hex.EncodeToString(mac.Sum(nil)), name: "gale-dashboard-" + p, hosts: map[string]bool{}}
	for _, h := range []string{"127.0.0.1", "localhost"} {
		g.hosts[net.JoinHostPort(h, p)] = true
	}
	return g
}

// guard refuses who must not ask, in the order: from where, how, who.
func (g gate) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		switch {
		case !g.hosts[r.Host]:
			http.Error(w, "this server is known by its address alone", http.StatusMisdirectedRequest)
		case !g.own(r):
			http.Error(w, "another page must not ask this", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "this is only to be looked at", http.StatusMethodNotAllowed)
		case !g.knows(w, r):
			h.Set("WWW-Authenticate", "Bearer")
			http.Error(w, "open the address with the token that the controller's log and gale cluster status show", http.StatusUnauthorized)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// own says whether no other page asks: browsers say who does. Following a link to the page itself is not asking.
func (g gate) own(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
		return false
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// knows says whether a request shows the token; one that has it in its address gets the cookie.
func (g gate) knows(w http.ResponseWriter, r *http.Request) bool {
	if c, err := r.Cookie(g.name); err == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(g.cookie)) == 1 {
		return true
	}
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "token")) {
		return g.is(token)
	}
	if !g.is(r.URL.Query().Get("token")) {
		return false
	}
	http.SetCookie(w, &http.Cookie{Name: g.name, Value: g.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	return true
}

func (g gate) is(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}
