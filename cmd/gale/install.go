package main

import (
	"fmt"
	"os"

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
	c.Flags().BoolVar(&p.user, "user", false, "for this user (the default, unless you are root)")
	c.Flags().BoolVar(&p.sysPrefix, "sys-prefix", false, "into the Python environment that is active")
	c.Flags().StringVar(&p.prefix, "prefix", "", "below this folder, e.g. /usr/local or a Python environment")
	c.Flags().StringVar(&p.name, "name", install.DefaultName, "name of the kernelspec")
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
			folder, err := s.Install(dir, replace)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "installed %q in %s\n", display, folder)
			return nil
		},
	}
	p.flags(c)
	c.Flags().StringVar(&display, "display-name", install.DefaultDisplayName, "what front ends show")
	c.Flags().BoolVar(&replace, "replace", false, "replace another kernel of this name")
	return c
}

func uninstallVerb() *cobra.Command {
	var p place
	c := &cobra.Command{
		Use:   "uninstall",
		Short: "Take back what install did",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
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
		},
	}
	p.flags(c)
	return c
}
