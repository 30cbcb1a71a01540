package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/galeproject/gale/cluster"
	"github.com/galeproject/gale/controller"
)

func clusterStoryVerb(w *whichCluster) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "story TASK",
		Short: "Tell what happened to a task, by its id or how that begins",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := w.find()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), 10*time.Second)
			defer cancel()
			a, err := askController(cluster.ClientFile(s.Profile, s.ID))
			if err != nil {
				return err
			}
			defer a.close()
			var c struct {
				Story controller.Story `json:"story"`
			}
			if err := a.ask(ctx, controller.StoryRequest, map[string]any{"task": args[0]}, &c); err != nil {
				return err
			}
			if format == "json" {
				return writeJSON(cmd.OutOrStdout(), c.Story)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), c.Story)
			return err
		},
	}
	outputFormat(c, &format)
	return c
}
