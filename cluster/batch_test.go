package cluster

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// queueOf puts a batch system on the path that keeps a list of elements in a file.
func queueOf(t *testing.T, commands map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range commands {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\ncd "+dir+" || exit\n"+body), 0o700); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return dir
}

func TestAnArrayIsFollowedElementByElement(t *testing.T) {
	dir := queueOf(t, map[string]string{
		"sbatch":   "for i in 1 2 3; do echo 7_$i >>queue; done; env >env; echo Submitted batch job 7",
		"squeue":   "cat queue",
		"scancel":  `echo "$@" >>cancelled`,
		"scontrol": "echo JobId=1 JobState=FAILED Reason=NonZeroExitCode ExitCode=3:0 NodeList=n1",
	})
	o := options(t, "ready")
	o.ID = "c"
	b := Batch{System: "slurm"}
	o.Launcher = b
	if err := o.complete(); err != nil {
		t.Fatal(err)
	}
	names := 0
	s := &site{o: &o, connection: []byte(`{"key":"k"}`), fresh: func() string { names++; return "engine-1" }}
	units, err := b.launch(t.Context(), s, 3)
	if err != nil || len(units) != 3 || names != 1 {
		t.Fatalf("%d units of %d names: %v", len(units), names, err)
	}
	env, err := os.ReadFile(filepath.Join(dir, "env"))
	if err != nil || !strings.Contains(string(env), `IPP_CONNECTION_INFO={"key":"k"}`) || !strings.Contains(string(env), "IPP_CLUSTER_ID=c") {
		t.Errorf("the job's environment: %v\n%s", err, env)
	}
	if err := os.WriteFile(filepath.Join(o.Profile, "log", "gale-c-engine-1.2.log"), []byte("no such file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	units[0].(*element).job.poll(true) // all are there: nothing ends
	if err := os.WriteFile(filepath.Join(dir, "queue"), []byte("7_1\n7_3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	<-units[1].done()
	end := units[1].ending()
	if end.Asked || !strings.Contains(end.How(), "ExitCode 3:0") || len(end.Tail) != 1 || end.Where != "job 7_2" {
		t.Errorf("ending %+v", end)
	}
	if err := units[0].signal(t.Context(), syscall.SIGUSR1); err != nil {
		t.Error(err)
	}
	units[2].stop(0)
	<-units[2].done()
	if end := units[2].ending(); !end.Asked {
		t.Errorf("ending %+v", end)
	}
	said, err := os.ReadFile(filepath.Join(dir, "cancelled"))
	if err != nil || string(said) != "-s USR1 7_1\n7_3\n" {
		t.Errorf("%v: %q", err, said)
	}
}

func TestWhatTheSystemRefusesIsSaid(t *testing.T) {
	queueOf(t, map[string]string{"sbatch": "echo no such partition >&2; exit 1", "bsub": "cat >script; echo 'Job <44> is submitted.'"})
	o := options(t, "ready")
	if err := o.complete(); err != nil {
		t.Fatal(err)
	}
	s := &site{o: &o, fresh: func() string { return "engine-1" }}
	if _, err := (Batch{System: "slurm"}).launch(context.Background(), s, 1); err == nil || !strings.Contains(err.Error(), "no such partition") {
		t.Errorf("error %v", err)
	}
	units, err := (Batch{System: "lsf"}).launch(context.Background(), s, 4)
	if err != nil || len(units) != 1 || units[0].size() != 4 || units[0].where() != "job 44" {
		t.Errorf("%v, %v", units, err)
	}
}
