package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/galeproject/gale/install"
)

// place is where a kernelspec goes.
type place struct {
	user, sysPrefix bool
	prefix          string
	name            string
}

func (p *place) flags(c *cobra.Command) {
	p.where(c)
	c.Flags().StringVar(&p.name, "name", install.DefaultName, "name of the kernelspec")
}

func (p *place) where(c *cobra.Command) {
	c.Flags().BoolVar(&p.user, "user", false, "for this user (the default, unless you are root)")
	c.Flags().BoolVar(&p.sysPrefix, "sys-prefix", false, "into the Python environment that is active")
	c.Flags().StringVar(&p.prefix, "prefix", "", "below this folder, e.g. /usr/local or a Python environment")
	c.MarkFlagsMutuallyExclusive("user", "sys-prefix", "prefix")
}

// dir is the data folder of Jupyter that is meant.
func (p *place) dir() (string, error) {
	switch {
	case p.prefix != "":
		return install.PrefixDir(p.prefix), nil
	case p.sysPrefix:
		return install.SysPrefixDir()
	case p.user || os.Getuid() != 0:
		return install.UserDir()
	}
	return install.SystemDir(), nil
}

func installVerb() *cobra.Command {
	var p place
	var display string
	var replace bool
	var env map[string]string
	c := &cobra.Command{
		Use:   "install",
		Short: "Tell Jupyter about this kernel",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			exe, err := os.Executable()
			if err != nil {
				return fmt.Errorf("finding this program: %w", err)
			}
			dir, err := p.dir()
			if err != nil {
				return err
			}
			s := install.Default(exe)
			s.Name, s.DisplayName = p.name, display
			if _, err := s.FindGo(); err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "gale:", err)
			}
			for name, value := range env {
				if s.Env == nil {
					s.Env = map[string]string{}
				}
				s.Env[name] = value
			}
			folder, err := s.Install(dir, replace)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "installed %q in %s\n", display, folder)
			if !slices.Contains(install.Places(), dir) {
				fmt.Fprintf(cmd.ErrOrStderr(), "gale: Jupyter does not look there by itself: start it with JUPYTER_PATH=%s\n", dir)
			}
			return nil
		},
	}
	p.flags(c)
	c.Flags().StringVar(&display, "display-name", install.DefaultDisplayName, "what front ends show")
	c.Flags().BoolVar(&replace, "replace", false, "replace another kernel of this name")
	c.Flags().StringToStringVar(&env, "env", nil, "NAME=VALUE of the kernel's environment; may be repeated")
	c.AddCommand(listVerb(), removeVerb())
	return c
}

// listVerb lists the kernelspecs that start gale, where Jupyter looks for them.
func listVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List gale's kernelspecs, in the order in which Jupyter finds them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, f := range install.List(install.Places(), "gale") {
				fmt.Fprintf(cmd.OutOrStdout(), "%-16s %-24q %s\n", f.Name, f.DisplayName, f.Folder)
			}
			return nil
		},
	}
}

// removeVerb removes a kernelspec by its name.
func removeVerb() *cobra.Command {
	var p place
	c := &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove a kernelspec",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p.name = args[0]
			return p.remove(cmd)
		},
	}
	p.where(c)
	return c
}

func uninstallVerb() *cobra.Command {
	var p place
	c := &cobra.Command{
		Use:   "uninstall",
		Short: "Take back what install did",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.remove(cmd) },
	}
	p.flags(c)
	return c
}

// remove removes the kernelspec.
func (p *place) remove(cmd *cobra.Command) error {
	dir, err := p.dir()
	if err != nil {
		return err
	}
	folder, err := install.Remove(dir, p.name)
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), "removed", folder)
	return nil
}
