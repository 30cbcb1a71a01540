package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/galeproject/gale/client"
	"github.com/galeproject/gale/cluster"
	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/dashboard"
)

// clusterReport is what `gale cluster status -o json` prints for a cluster.
type clusterReport struct {
	cluster.State
	Running bool                 `json:"running"`
	Alive   int                  `json:"engines_running"`
	Engines client.Engines       `json:"engines,omitempty"`
	Queue   map[int]client.Queue `json:"queue,omitempty"`
	Endings []cluster.Ending     `json:"endings,omitempty"`
	Doing   *controller.Report   `json:"report,omitempty"`
	Page    string               `json:"dashboard,omitempty"` // with its token
	Error   string               `json:"error,omitempty"`
}

// outputFormat is the flag -o.
func outputFormat(c *cobra.Command, format *string) {
	c.Flags().StringVarP(format, "output", "o", "text", "text or json")
	c.PreRunE = func(*cobra.Command, []string) error {
		if *format != "text" && *format != "json" {
			return fmt.Errorf("-o %s: want text or json", *format)
		}
		return nil
	}
}

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func clusterStatusVerb(w *whichCluster) *cobra.Command {
	var format string
	var watch bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show the clusters of a profile, their engines, and what ended",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			if watch {
				return watchStatus(ctx, cmd.OutOrStdout(), w)
			}
			reports, err := clusterReports(ctx, w)
			if err != nil {
				return err
			}
			if format == "json" {
				return writeJSON(cmd.OutOrStdout(), reports)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), statusText(reports))
			return err
		},
	}
	outputFormat(c, &format)
	c.Flags().BoolVarP(&watch, "watch", "w", false, "show it anew every second")
	return c
}

// clusterReports asks the clusters that are wanted.
func clusterReports(ctx context.Context, w *whichCluster) ([]clusterReport, error) {
	states, err := cluster.List(w.profile)
	if err != nil {
		return nil, err
	}
	var reports []clusterReport
	for _, s := range states {
		if w.id == "" || s.ID == w.id {
			reports = append(reports, report(ctx, s))
		}
	}
	return reports, nil
}

// watchStatus draws the state over the one before until it is interrupted.
func watchStatus(ctx context.Context, out io.Writer, w *whichCluster) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		reports, err := clusterReports(ctx, w)
		if err != nil || ctx.Err() != nil {
			return err
		}
		text := statusText(reports) + time.Now().Format(time.TimeOnly) + ", interrupt to end\n"
		// Home, each line cleared to its end, and what is below cleared.
		if _, err := fmt.Fprint(out, "\x1b[H", strings.ReplaceAll(text, "\n", "\x1b[K\n"), "\x1b[J"); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// report asks a cluster's controller and supervisor.
func report(ctx context.Context, s cluster.State) clusterReport {
	r := clusterReport{State: s}
	if r.Running, r.Alive = s.Alive(); !r.Running {
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if s.Socket != "" {
		if reply, err := s.Ask(ctx, cluster.Request{Verb: "status"}); err != nil {
			r.Error = err.Error()
		} else {
			r.State, r.Endings = reply.State, reply.Endings
		}
	}
	if a, err := dashboard.ReadAddress(dashboardFile(s.Profile, s.ID)); err == nil && a.Pid == r.Controller {
		r.Page = a.URL
	}
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
	if r.Doing, err = reportOf(ctx, cluster.ClientFile(s.Profile, s.ID)); err != nil {
		r.Error = err.Error()
	}
	return r
}

// statusText writes reports for a person.
func statusText(reports []clusterReport) string {
	if len(reports) == 0 {
		return "no cluster; start one with: gale cluster start\n"
	}
	var out strings.Builder
	for _, r := range reports {
		r.write(&out)
	}
	return out.String()
}

// shownEndings is how many of the last endings a person sees.
const shownEndings = 5

func (r clusterReport) write(out *strings.Builder) {
	if !r.Running {
		fmt.Fprintf(out, "%s: not running; what it left: gale cluster clean\n", clusterName(r.ID))
		return
	}
	fmt.Fprintf(out, "%s: controller process %d, %s", clusterName(r.ID), r.Controller, counted(len(r.Engines), "engine"))
	if r.Launcher != "" && r.Launcher != "local" {
		fmt.Fprintf(out, " of %d asked of %s", r.Asked, r.Launcher)
	}
	fmt.Fprintln(out)
	if r.Page != "" {
		fmt.Fprintf(out, "  dashboard: %s\n", r.Page)
	}
	uses := map[int]controller.EngineReport{}
	if r.Doing != nil {
		fmt.Fprintf(out, "  %s\n", doing(r.Doing))
		for _, e := range r.Doing.Engines {
			uses[e.ID] = e
		}
	}
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, e := range r.Engines {
		q := r.Queue[e.ID]
		kind := e.Kind
		if kind == "" {
			kind = "python"
		}
		fmt.Fprintf(t, "  engine %d\t%s\t%s\tprocess %d\tqueued %d\ttasks %d\tcompleted %d\t%s\n", e.ID, kind, e.Host, e.Pid, q.Queue, q.Tasks, q.Completed, sized(uses[e.ID].Memory))
	}
	_ = t.Flush() // into memory
	for _, e := range r.Endings[max(0, len(r.Endings)-shownEndings):] {
		fmt.Fprintf(out, "  %s %s", e.Time.Format(time.TimeOnly), e.String())
		if e.Restart != "" {
			fmt.Fprintf(out, " (%s)", e.Restart)
		}
		fmt.Fprintln(out)
	}
	if r.Doing != nil {
		for _, f := range r.Doing.Failures[max(0, len(r.Doing.Failures)-shownEndings):] {
			fmt.Fprintf(out, "  %s task %s failed: %s: %s\n", f.At.Local().Format(time.TimeOnly), f.Task, f.Name, strings.ReplaceAll(f.Value, "\n", " "))
		}
	}
	if r.Error != "" {
		fmt.Fprintln(out, "  ", r.Error)
	}
}

// throughputOver is the number of seconds of which the rate of tasks is the mean.
const throughputOver = 5

// doing says in a line how a controller is doing.
func doing(r *controller.Report) string {
	ended := 0
	for _, s := range r.Seconds {
		if now := r.Now.Unix(); s.At >= now-throughputOver && s.At < now {
			ended += int(s.Done + s.Failed + s.Aborted)
		}
	}
	text := fmt.Sprintf("%.4g tasks/s; %d waiting, %d under way, %d done, %d failed, %d aborted", float64(ended)/throughputOver, r.Waiting, r.Running, r.Done, r.Failed, r.Aborted)
	if r.Retried > 0 {
		text += fmt.Sprintf(", %d run again", r.Retried)
	}
	if r.Lost > 0 {
		text += ", " + counted(int(r.Lost), "engine") + " lost" //nolint:gosec // a few
	}
	if r.JournalError != "" {
		text += "; the journal cannot be written: " + r.JournalError
	}
	return text
}

// sized writes a number of bytes; 0: it is not known.
func sized(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%.4g MB", float64(n)/1e6)
}

// listed is a row of `gale cluster list`.
type listed struct {
	Profile  string `json:"profile_dir"`
	ID       string `json:"cluster_id"`
	Running  bool   `json:"running"`
	Engines  int    `json:"engines"`
	Launcher string `json:"launcher"`
	Owner    int    `json:"owner_pid"`
}

func clusterListVerb(w *whichCluster) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the clusters of a profile",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			states, err := cluster.List(w.profile)
			if err != nil {
				return err
			}
			rows := make([]listed, 0, len(states))
			for _, s := range states {
				running, _ := s.Alive()
				rows = append(rows, listed{s.Profile, s.ID, running, s.Asked, s.Launcher, s.Owner})
			}
			out := cmd.OutOrStdout()
			if format == "json" {
				return writeJSON(out, rows)
			}
			t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
			fmt.Fprintln(t, "CLUSTER\tRUNNING\tENGINES\tLAUNCHER\tPROFILE")
			for _, r := range rows {
				fmt.Fprintf(t, "%s\t%v\t%d\t%s\t%s\n", clusterName(r.ID), r.Running, r.Engines, r.Launcher, r.Profile)
			}
			return t.Flush()
		},
	}
	outputFormat(c, &format)
	return c
}
