package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/galeproject/gale/client"
	"github.com/galeproject/gale/cluster"
)

func clusterVerb() *cobra.Command {
	verb := &cobra.Command{Use: "cluster", Short: "Start, stop and look at clusters of engines"}
	var profile, id string
	verb.PersistentFlags().StringVar(&profile, "profile-dir", "", "profile folder (default: ipyparallel's default profile)")
	verb.PersistentFlags().StringVar(&id, "cluster-id", "", "cluster id (default: the default cluster)")
	verb.AddCommand(clusterStartVerb(&profile, &id), clusterStopVerb(&profile, &id), clusterStatusVerb(&profile, &id))
	return verb
}

func clusterStartVerb(profile, id *string) *cobra.Command {
	var n int
	c := &cobra.Command{
		Use:   "start",
		Short: "Start a controller and engines on this machine",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			begin := time.Now()
			c, err := cluster.Start(ctx, cluster.Options{Profile: *profile, ID: *id, Engines: n, Detached: true})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d engines are registered after %.2f s\nclients: %s\n", len(c.Pids()), time.Since(begin).Seconds(), c.ClientFile())
			return err
		},
	}
	c.Flags().IntVarP(&n, "engines", "n", 0, "number of engines (default: one per core)")
	return c
}

func clusterStopVerb(profile, id *string) *cobra.Command {
	return &cobra.Command{
		Use:   "stop",
		Short: "Stop a cluster",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := cluster.Find(*profile, *id)
			if err != nil {
				return err
			}
			if err := s.Stop(0); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "stopped")
			return err
		},
	}
}

// clusterReport is what `gale cluster status -o json` prints for a cluster.
type clusterReport struct {
	cluster.State
	Running bool                 `json:"running"`
	Alive   int                  `json:"engines_running"`
	Engines client.Engines       `json:"engines,omitempty"`
	Queue   map[int]client.Queue `json:"queue,omitempty"`
	Error   string               `json:"error,omitempty"`
}

func clusterStatusVerb(profile, id *string) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "status",
		Short: "List the clusters of a profile and their engines",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			states, err := cluster.List(*profile)
			if err != nil {
				return err
			}
			var reports []clusterReport
			for _, s := range states {
				if *id == "" || s.ID == *id {
					reports = append(reports, report(cmd.Context(), s))
				}
			}
			out := cmd.OutOrStdout()
			if format == "json" {
				e := json.NewEncoder(out)
				e.SetIndent("", "  ")
				return e.Encode(reports)
			}
			if len(reports) == 0 {
				_, err = fmt.Fprintln(out, "no cluster; start one with: gale cluster start")
				return err
			}
			var text strings.Builder
			for _, r := range reports {
				r.write(&text)
			}
			_, err = fmt.Fprint(out, text.String())
			return err
		},
	}
	c.Flags().StringVarP(&format, "output", "o", "text", "text or json")
	return c
}

// report asks a cluster's controller.
func report(ctx context.Context, s cluster.State) clusterReport {
	r := clusterReport{State: s}
	if r.Running, r.Alive = s.Alive(); !r.Running {
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	c, err := client.Open(ctx, cluster.ClientFile(s.Profile, s.ID))
	if err != nil {
		r.Error = err.Error()
		return r
	}
	defer func() { _ = c.Close() }() // it has made nothing
	r.Engines = c.Cluster()
	if r.Queue, err = c.QueueStatus(ctx); err != nil {
		r.Error = err.Error()
	}
	return r
}

// write adds the report as text.
func (r clusterReport) write(out *strings.Builder) {
	name := r.ID
	if name == "" {
		name = "default"
	}
	if !r.Running {
		fmt.Fprintf(out, "%s: not running\n", name)
		return
	}
	fmt.Fprintf(out, "%s: controller process %d, %d engines\n", name, r.Controller, len(r.Engines))
	for _, e := range r.Engines {
		q := r.Queue[e.ID]
		kind := e.Kind
		if kind == "" {
			kind = "python"
		}
		fmt.Fprintf(out, "  engine %-3d %-7s %s process %-7d queued %d, tasks %d, completed %d\n", e.ID, kind, e.Host, e.Pid, q.Queue, q.Tasks, q.Completed)
	}
	if r.Error != "" {
		fmt.Fprintln(out, "  ", r.Error)
	}
}
