package value

import (
	"context"
	"net"
	"reflect"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// homes are types of which no value travels, by package and name.
var homes = map[string]string{
	"os.File": "an os.File", "os.Root": "an os.Root", "os.Process": "an os.Process",
	"reflect.rtype": "a reflect.Type", "reflect.Value": "a reflect.Value",
	"hash/maphash.Hash": "a maphash.Hash", "hash/maphash.Seed": "a maphash.Seed",
}

// special makes the codecs of types with identity or with a form of their own.
func (m maker) special(c *codec) bool {
	t := c.t
	if t == reflect.TypeFor[*time.Location]() {
		location(c)
		return true
	}
	if t == errorText {
		m.errorString(c)
		return true
	}
	if t.Name() == "" || t.Kind() == reflect.Interface {
		return false
	}
	c.opaque = true
	if what := homeOf(t); what != "" {
		c.refuses = what
		onlyZero(c, what)
		c.enc = func(*encoder, unsafe.Pointer) error { return stays(what) }
		return true
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		instant(c)
		return true
	case reflect.TypeFor[sync.Mutex](), reflect.TypeFor[sync.RWMutex]():
		onlyZero(c, "a locked "+t.String())
		return true
	case reflect.TypeFor[sync.WaitGroup]():
		onlyZero(c, "a sync.WaitGroup that waits")
		return true
	}
	if m.own(c) {
		return true
	}
	c.opaque = false
	return m.form(c)
}

// homeOf says why no value of a type travels, or "".
func homeOf(t reflect.Type) string {
	if what := homes[t.PkgPath()+"."+t.Name()]; what != "" {
		return what
	}
	p := reflect.PointerTo(t)
	switch {
	case p.Implements(reflect.TypeFor[context.Context]()):
		return "a context.Context"
	case p.Implements(reflect.TypeFor[net.Conn]()), p.Implements(reflect.TypeFor[net.Listener]()), p.Implements(reflect.TypeFor[net.PacketConn]()):
		return "a connection (" + t.String() + ")"
	case t.PkgPath() == "unique" && strings.HasPrefix(t.Name(), "Handle["):
		return "a " + t.String()
	}
	return ""
}
