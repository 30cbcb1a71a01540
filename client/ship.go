package client

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// shipped is what an engine has been sent: modules, and the value of each variable that was sent last.
type shipped struct {
	modules map[module.ID]bool
	vars    map[string]string // hash by symbol
}

// cargo is a function made ready to leave: its module, captures and the values of the notebook variables that it reads.
type cargo struct {
	fn       Function
	captures []value.Encoded // one, or none
	refs     []wire.VarRef
	values   []value.Encoded
	needs    []wire.VarRef
}

// cargo makes a function ready to leave: it encodes what the function captured and reads. What cannot travel is refused here, before
// anything is sent. With lasting set, later changes of what was captured do not show in it.
func (c *Client) cargo(f any, lasting bool) (*cargo, error) {
	fn, err := c.function(f)
	if err != nil {
		return nil, err
	}
	g := &cargo{fn: fn}
	codec := func(name string) value.Options {
		o := c.codec(name)
		o.Copy = lasting
		return o
	}
	if fn.Cap != nil {
		e, err := value.Encode(reflect.ValueOf(fn.Cap).Elem(), codec("captured"))
		if err != nil {
			return nil, fmt.Errorf("client: %w", capturedName(err))
		}
		g.captures = []value.Encoded{e}
	}
	for _, v := range fn.Vars {
		e, err := value.Encode(reflect.ValueOf(v.P).Elem(), codec(v.Name))
		if err != nil {
			return nil, fmt.Errorf("client: %w", err)
		}
		h := e.Hash()
		g.refs = append(g.refs, wire.VarRef{Name: v.Name, Symbol: v.Symbol, Hash: hex.EncodeToString(h[:])})
		g.values = append(g.values, e)
	}
	for _, n := range fn.Needs {
		g.needs = append(g.needs, wire.VarRef{Name: n.Name, Symbol: n.Symbol})
	}
	return g, nil
}

// capturedName takes the name of the struct of captures out of a refusal's path: "captured.x.mu" is "x.mu" to the user.
func capturedName(err error) error {
	var r *value.Refused
	if !errors.As(err, &r) {
		return err
	}
	path, _ := strings.CutPrefix(r.Path, "captured.")
	return &value.Refused{Path: path, Reason: r.Reason, Err: r.Err}
}

// prepare sends engines what they lack of a cargo, and waits until they have it. With all set, everything is sent again: the
// engine said that it lacks something.
func (c *Client) prepare(ctx context.Context, g *cargo, engines Engines, all bool) error {
	var wg sync.WaitGroup
	errs := make([]error, len(engines))
	for i, e := range engines {
		content, buffers, err := c.missing(g, e.UUID, all)
		if err != nil {
			return err
		}
		if content == nil {
			continue
		}
		wg.Go(func() {
			errs[i] = c.prepareOne(ctx, e, content, buffers)
			if errs[i] == nil {
				c.remember(g, e.UUID)
			}
		})
	}
	wg.Wait()
	var out error
	for i, err := range errs {
		if err != nil && !errors.Is(err, ErrEngineDied) { // a dead engine needs nothing; the call itself tells of it
			out = errors.Join(out, fmt.Errorf("client: preparing engine %d: %w", engines[i].ID, err))
		}
	}
	return out
}

func (c *Client) prepareOne(ctx context.Context, e Engine, content *wire.Prepare, buffers [][]byte) error {
	m, err := c.ask(ctx, mux, e.UUID, wire.PrepareRequest, content, buffers...)
	if err != nil {
		return err
	}
	var r wire.Reply
	if err := m.Content(&r); err != nil {
		return err
	}
	if r.Status != "ok" {
		return failure(r)
	}
	return nil
}

// missing makes the request that brings an engine what it has not been sent; nil when it has everything.
func (c *Client) missing(g *cargo, uuid string, all bool) (*wire.Prepare, [][]byte, error) {
	c.mu.Lock()
	have := c.sent[uuid]
	if have == nil || all {
		have = &shipped{modules: map[module.ID]bool{}, vars: map[string]string{}}
		c.sent[uuid] = have
	}
	needModule := !have.modules[g.fn.Module]
	var refs []wire.VarRef
	var values []value.Encoded
	for i, r := range g.refs {
		if have.vars[r.Symbol] != r.Hash {
			refs = append(refs, r)
			values = append(values, g.values[i])
		}
	}
	c.mu.Unlock()
	if !needModule && len(refs) == 0 {
		return nil, nil, nil
	}
	content := &wire.Prepare{Session: g.fn.Module.Session, Vars: refs}
	var buffers [][]byte
	if needModule {
		m, err := c.host.Module(g.fn.Module)
		if err != nil {
			return nil, nil, fmt.Errorf("client: %w", err)
		}
		content.Modules = 1
		buffers = m.Encode()
	}
	return content, append(buffers, value.Pack(values)...), nil
}

// remember notes that an engine has a cargo.
func (c *Client) remember(g *cargo, uuid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	have := c.sent[uuid]
	if have == nil {
		return
	}
	have.modules[g.fn.Module] = true
	for _, r := range g.refs {
		have.vars[r.Symbol] = r.Hash
	}
}
