package cluster

import (
	"context"
	"errors"
	"os/exec"
	"runtime"
	"strconv"
)

// MPI starts engines as the ranks of one mpirun: they start and end as one, and rank r is engine r where that id is free.
type MPI struct {
	Command string   // "" is mpirun
	Args    []string // for mpirun, for instance "-host", "a:2,b:2"
}

// Name is "mpi".
func (MPI) Name() string { return "mpi" }

func (MPI) natural() int { return runtime.NumCPU() }

func (m MPI) command() string {
	if m.Command == "" {
		return "mpirun"
	}
	return m.Command
}

func (m MPI) check() error {
	if _, err := exec.LookPath(m.command()); err != nil {
		return errors.New("cluster: " + m.command() + " is not here: install an MPI (Debian: openmpi-bin), or name its command")
	}
	return nil
}

// reach lets ranks on other machines in when the arguments name any.
func (m MPI) reach(context.Context) ([]string, error) { //nolint:unparam // an interface's
	if len(m.Args) == 0 {
		return nil, nil
	}
	return beyond, nil
}

// launch does not wait for the engines: mpirun says nothing of them.
func (m MPI) launch(_ context.Context, s *site, n int) ([]unit, error) {
	args := append([]string{"-n", strconv.Itoa(n)}, m.Args...)
	args = append(args, realProgram(s.o.Program), "engine", "--mpi")
	p, err := start(s.o, command{
		name: s.fresh(), engines: n, program: m.command(), args: append(args, s.o.EngineArgs...),
		env: []string{
			"IPP_CONNECTION_INFO=" + string(s.connection),
			"OMPI_MCA_mca_base_env_list=IPP_CONNECTION_INFO", // what Open MPI hands to ranks on other machines
		},
	})
	if err != nil {
		return nil, err
	}
	return []unit{p}, nil
}
