package namespace

import (
	"strings"
	"testing"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/module"
)

func TestMemoryAreasRunOut(t *testing.T) {
	f := newFixture(t, Options{})
	f.areas.most = 1 << 30
	f.cell(func(*cellrt.Run) {})
	if f.areas.warned {
		t.Error("there are enough, and it warns")
	}
	f.areas.most, f.areas.next = 10, 0 // a test's program has more
	err := f.Load(&module.Module{ID: module.ID{Session: "s", Gen: 1000}, Image: []byte("x")})
	if err == nil || !strings.Contains(err.Error(), "%restart --keep") {
		t.Error(err)
	}
	if MaxModules() < 1000 {
		t.Errorf("room for %d modules", MaxModules())
	}
}
