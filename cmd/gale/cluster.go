package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galeproject/gale/cluster"
)

// whichCluster says which cluster a verb is about.
type whichCluster struct{ profile, id string }

func (w *whichCluster) find() (cluster.State, error) { return cluster.Find(w.profile, w.id) }

func clusterVerb() *cobra.Command {
	verb := &cobra.Command{Use: "cluster", Short: "Start, stop and look at clusters of engines"}
	var w whichCluster
	verb.PersistentFlags().StringVar(&w.profile, "profile-dir", "", "profile folder (default: ipyparallel's default profile)")
	verb.PersistentFlags().StringVar(&w.id, "cluster-id", "", "cluster id (default: the default cluster)")
	verb.AddCommand(clusterStartVerb(&w), clusterRunVerb(&w), clusterStopVerb(&w), clusterStatusVerb(&w), clusterListVerb(&w),
		clusterScaleVerb(&w), clusterRestartVerb(&w), clusterSignalVerb(&w), clusterCleanVerb(&w),
		clusterStoryVerb(&w))
	return verb
}

func clusterStopVerb(w *whichCluster) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "stop",
		Short: "Stop a cluster",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			states, err := cluster.List(w.profile)
			if err != nil {
				return err
			}
			if !all {
				s, err := w.find()
				if err != nil {
					return err
				}
				states = []cluster.State{s}
			}
			for _, s := range states {
				if err := s.Stop(cmd.Context(), 0); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "stopped")
			return err
		},
	}
	c.Flags().BoolVar(&all, "all", false, "stop every cluster of the profile")
	return c
}

func clusterScaleVerb(w *whichCluster) *cobra.Command {
	return &cobra.Command{
		Use:   "scale N",
		Short: "Start more engines, or stop the youngest, until there are N",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var n int
			if _, err := fmt.Sscanf(args[0], "%d", &n); err != nil || n < 0 {
				return fmt.Errorf("%q: want a number of engines from 0", args[0])
			}
			return w.ask(cmd, cluster.Request{Verb: "scale", Engines: n})
		},
	}
}

func clusterRestartVerb(w *whichCluster) *cobra.Command {
	return &cobra.Command{
		Use:   "restart",
		Short: "Start all engines anew; what they held is lost",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return w.ask(cmd, cluster.Request{Verb: "restart"})
		},
	}
}

func clusterSignalVerb(w *whichCluster) *cobra.Command {
	return &cobra.Command{
		Use:   "signal NAME",
		Short: "Send a signal to all engines, for instance USR1",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return w.ask(cmd, cluster.Request{Verb: "signal", Signal: args[0]})
		},
	}
}

// ask sends a request to the supervisor and says what there is then.
func (w *whichCluster) ask(cmd *cobra.Command, r cluster.Request) error {
	s, err := w.find()
	if err != nil {
		return err
	}
	reply, err := s.Ask(cmd.Context(), r)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", counted(reply.State.Asked, "engine"))
	return err
}

// counted writes a number with what is counted.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func clusterCleanVerb(w *whichCluster) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "clean",
		Short: "Remove what clusters left that do not run any more: state, connection files, logs",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			states, err := cluster.List(w.profile)
			if err != nil {
				return err
			}
			var cleaned []string
			for _, s := range states {
				running, _ := s.Alive()
				if running && (all || s.ID != w.id) || s.ID != w.id && !all {
					continue
				}
				if err := s.Clean(); err != nil {
					return err
				}
				cleaned = append(cleaned, clusterName(s.ID))
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "cleaned %s %s\n", counted(len(cleaned), "cluster"), strings.Join(cleaned, ", "))
			return err
		},
	}
	c.Flags().BoolVar(&all, "all", false, "all clusters of the profile that do not run, not only the one that is named")
	return c
}

func clusterName(id string) string {
	if id == "" {
		return "default"
	}
	return id
}
