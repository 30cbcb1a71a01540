package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
	"github.com/galeproject/gale/worker"
)

// toolchain opens the tool chain as every process of gale does.
func toolchain(ctx context.Context, log *slog.Logger) (*compile.Toolchain, error) {
	return compile.Open(ctx, compile.Options{Log: log, Remote: remotePackages(), Trial: trial(log)})
}

// trial runs the modules of the tool chain's self-test in a child of its own, since a broken link may crash the process.
func trial(log *slog.Logger) compile.Trial {
	return func(ctx context.Context, modules []*module.Module) (texts []string, err error) {
		w, err := worker.Start(ctx, worker.Options{Log: log})
		if err != nil {
			return nil, err
		}
		defer func() {
			if cerr := w.Close(); err == nil && cerr != nil {
				err = cerr
			}
		}()
		for _, m := range modules {
			text := ""
			reply := w.Run(ctx, m, wire.Run{}, func(o wire.Output) {
				if o.MsgType == "execute_result" {
					text = plainText(o.Content)
				}
			})
			if f := reply.Failure; f != nil {
				if f.Name == worker.NameDied {
					return nil, fmt.Errorf("the process of the self-test: %w", *f)
				}
				text = strings.Join(f.Traceback, "\n")
			}
			texts = append(texts, text)
		}
		return texts, nil
	}
}

// plainText is the text of a result.
func plainText(content json.RawMessage) string {
	var c struct {
		Data map[string]any `json:"data"`
	}
	if json.Unmarshal(content, &c) != nil {
		return ""
	}
	text, _ := c.Data[display.TypeText].(string)
	return text
}
