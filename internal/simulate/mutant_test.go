package simulate_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/internal/simulate"
	"github.com/galeproject/gale/wire"
)

// TestFindsPlantedBugs gives controllers bugs and sees that a few hundred histories find each.
func TestFindsPlantedBugs(t *testing.T) {
	effects := func(f func(dice *rand.Rand, e controller.Effect) []controller.Effect) func(uint64) simulate.Mutant {
		return func(seed uint64) simulate.Mutant {
			dice := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // it must be repeatable
			return simulate.Mutant{Effects: func(all []controller.Effect) (out []controller.Effect) {
				for _, e := range all {
					out = append(out, f(dice, e)...)
				}
				return out
			}}
		}
	}
	says := func(e controller.Effect, msgType string) bool {
		return slices.ContainsFunc(e.Frames, func(f []byte) bool { return bytes.Contains(f, []byte(`"`+msgType+`"`)) })
	}
	for name, mutant := range map[string]func(seed uint64) simulate.Mutant{
		"an acknowledgement is dropped": effects(func(dice *rand.Rand, e controller.Effect) []controller.Effect {
			if says(e, wire.AckRequest) && dice.IntN(20) == 0 {
				return nil
			}
			return []controller.Effect{e}
		}),
		"an answer is sent twice": effects(func(dice *rand.Rand, e controller.Effect) []controller.Effect {
			if e.Socket == controller.TaskClient && dice.IntN(20) == 0 {
				return []controller.Effect{e, e}
			}
			return []controller.Effect{e}
		}),
		"an answer is lost": effects(func(dice *rand.Rand, e controller.Effect) []controller.Effect {
			if e.Socket == controller.TaskClient && dice.IntN(50) == 0 {
				return nil
			}
			return []controller.Effect{e}
		}),
		"a task is sent to two engines": effects(func(dice *rand.Rand, e controller.Effect) []controller.Effect {
			if e.Socket == controller.TaskEngine && says(e, "apply_request") && dice.IntN(20) == 0 {
				other := e
				other.To = "engine0.0"
				return []controller.Effect{e, other}
			}
			return []controller.Effect{e}
		}),
		"a dead engine is kept": func(uint64) simulate.Mutant {
			return simulate.Mutant{Input: func(in controller.Input) bool {
				return in.Kind == controller.Disconnected && in.Socket == controller.TaskEngine
			}}
		},
		"a connection in the place of another is no news": func(uint64) simulate.Mutant {
			return simulate.Mutant{Input: func(in controller.Input) bool { return in.Kind == controller.Replaced }}
		},
		"engines are not asked what they have": effects(func(_ *rand.Rand, e controller.Effect) []controller.Effect {
			if says(e, wire.HeldRequest) {
				return nil
			}
			return []controller.Effect{e}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= 400; seed++ {
				if r := simulate.Run(simulate.Plan{Seed: seed, Mutant: mutant(seed)}); r.Err != nil {
					t.Logf("found by seed %d: %v", seed, r.Err)
					return
				}
			}
			t.Error("nothing found it")
		})
	}
}
