package cluster

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden job scripts")

// TestJobScripts compares the script of each batch system, with and without what a user can say, to testdata.
func TestJobScripts(t *testing.T) {
	o := &Options{Profile: "/home/a user/profile", ID: "x", Program: "/opt/gale", EngineArgs: []string{"--debug"}}
	for _, name := range SystemNames() {
		for kind, b := range map[string]Batch{
			"plain": {System: name},
			"full":  {System: name, Queue: "geo", Options: []string{"one", "two {x}"}, Program: "/sw/gale"},
		} {
			text, err := b.script(o, "engine-1", 8)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			file := filepath.Join("testdata", name+"-"+kind)
			if *update {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if text != string(want) {
				t.Errorf("%s:\n%s\nwant\n%s", file, text, want)
			}
		}
	}
}

func TestATemplateOfTheUsersKeepsWhatItSays(t *testing.T) {
	o := &Options{Profile: "/p", Program: "/opt/gale"}
	b := Batch{System: "slurm", Queue: "geo", Template: "#!/bin/bash\n#SBATCH --ntasks={n}\n#SBATCH --partition=mine\n#SBATCH -o out\nmodule load x{{}}\nsrun {program_and_args}\n"}
	text, err := b.script(o, "engine-1", 3)
	want := "#!/bin/bash\n#SBATCH --ntasks=3\n#SBATCH --partition=mine\n#SBATCH -o out\nmodule load x{}\nsrun /opt/gale engine --profile-dir=/p --cluster-id=\n"
	if err != nil || text != want {
		t.Errorf("%v\n%s", err, text)
	}
	if systems["slurm"].isArray(text) {
		t.Error("a job of tasks is taken for an array")
	}
	b.Template = "run {what}"
	if _, err := b.script(o, "engine-1", 3); err == nil || !strings.Contains(err.Error(), `"{what}"`) {
		t.Errorf("error %v", err)
	}
}

func TestUnknownSystemsAreRefused(t *testing.T) {
	if err := (Batch{System: "cray"}).check(); err == nil || !strings.Contains(err.Error(), "slurm") {
		t.Errorf("error %v", err)
	}
}
