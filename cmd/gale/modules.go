package main

import (
	"context"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/kernel"
)

var _ kernel.Modules = (*session)(nil)

// chain waits for the tool chain.
func (s *session) chain(ctx context.Context) (*compile.Toolchain, error) {
	if _, err := s.get(ctx); err != nil {
		return nil, err
	}
	return s.t, nil
}

// Get requires modules in the notebook's go.mod.
func (s *session) Get(ctx context.Context, modules ...string) (string, error) {
	t, err := s.chain(ctx)
	if err != nil {
		return "", err
	}
	return t.Get(ctx, modules...)
}

// Mod edits the notebook's go.mod and gives its text.
func (s *session) Mod(ctx context.Context, flags ...string) (string, error) {
	t, err := s.chain(ctx)
	if err != nil {
		return "", err
	}
	return t.Mod(ctx, flags...)
}

// SetTags sets the build tags of what is compiled from now on.
func (s *session) SetTags(ctx context.Context, tags string) error {
	t, err := s.chain(ctx)
	if err != nil {
		return err
	}
	return t.SetTags(ctx, tags)
}
