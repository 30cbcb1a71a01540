package namespace

import (
	"reflect"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/value"
)

// table names types. Cell types are named by session and symbol, which holds their version.
type table struct {
	byName map[string]reflect.Type
	names  map[reflect.Type]string
	host   value.Types
}

func (t *table) add(session string, c cellrt.Type) {
	name := session + "·" + c.Symbol
	typ := reflect.TypeOf(c.Zero).Elem()
	t.byName[name], t.names[typ] = typ, name
}

// types is the namespace as a value.Types.
type types Namespace

// TypeName gives a type's name.
func (t *types) TypeName(typ reflect.Type) (name string, ok bool) {
	t.mu.Lock()
	name, ok = t.types.names[typ]
	t.mu.Unlock()
	if !ok && t.types.host != nil {
		return t.types.host.TypeName(typ)
	}
	return name, ok
}

// TypeByName finds a type by what TypeName gave, here or in another process.
func (t *types) TypeByName(name string) (typ reflect.Type, ok bool) {
	t.mu.Lock()
	typ, ok = t.types.byName[name]
	t.mu.Unlock()
	if !ok && t.types.host != nil {
		return t.types.host.TypeByName(name)
	}
	return typ, ok
}
