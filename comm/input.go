package comm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/galeproject/gale/wire"
)

// Input asks the front end for a line, which comes without its line feed. The error is [io.EOF] when the user ended the input; a front end
// that takes no questions is an error.
func Input(ctx context.Context, prompt string) (string, error) { return ask(ctx, prompt, false) }

// Password is Input for something that the front end must not show.
func Password(ctx context.Context, prompt string) (string, error) { return ask(ctx, prompt, true) }

func ask(ctx context.Context, prompt string, password bool) (string, error) {
	h, err := hostOf(ctx)
	if err != nil {
		return "", err
	}
	raw, _, err := h.Ask(ctx, wire.AskInput, wire.Input{Prompt: prompt, Password: password})
	if err != nil {
		return "", fmt.Errorf("comm: asking for input: %w", err)
	}
	var a wire.InputAnswer
	if err := json.Unmarshal(raw, &a); err != nil {
		return "", fmt.Errorf("comm: asking for input: %w", err)
	}
	if a.Value == "\x04" {
		return "", io.EOF
	}
	return a.Value, nil
}
