package cluster

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// system is a batch system: its commands, and how its scripts are written.
type system struct {
	submit, remove, signal []string
	why                    []string       // prints how a job ended, for [job.why]; nil: it is not asked
	list                   []string       // prints the elements of a job that are pending or running; nil: it is not asked
	job                    *regexp.Regexp // the job's id in what submit prints: the last group
	stdin                  bool           // submit reads the script from its standard input
	env                    []string       // for submit

	directive string // begins a line of directives
	last      bool   // directives stand at the end
	index     string // what stands for an element's number in the name of its output
	template  string
	array     directive // number of engines
	queue     directive
	output    directive
}

// directive is one that is added where the script has none like it.
type directive struct {
	have *regexp.Regexp
	text string
}

var digits = regexp.MustCompile(`\d+`)

// systems by name. The Slurm template is a job array whose elements are queued again when their node is lost; the others are arrays too,
// as far as the system has them.
var systems = map[string]system{
	"slurm": {
		submit: []string{"sbatch"}, remove: []string{"scancel"}, signal: []string{"scancel", "-s"},
		list: []string{"squeue", "-h", "-r", "-o", "%i", "-j"}, job: digits,
		why:       []string{"scontrol", "show", "job", "--oneliner"},
		directive: "#SBATCH ", index: ".%a",
		template: "#!/bin/sh\n#SBATCH --export=ALL\n#SBATCH --job-name=gale\n#SBATCH --ntasks=1\n#SBATCH --requeue\n#SBATCH --open-mode=append\nexec {program_and_args}\n",
		array:    directive{regexp.MustCompile(`(?m)^#SBATCH\s+(--array|-a|--ntasks=\{n\}|-n\s*\{n\})`), "--array=1-{n}"},
		queue:    directive{regexp.MustCompile(`(?m)^#SBATCH\s+(--partition|-p)\b`), "--partition={queue}"},
		output:   directive{regexp.MustCompile(`(?m)^#SBATCH\s+(--output|-o)\b`), "--output={output_file}"},
	},
	"pbs": {
		submit: []string{"qsub"}, remove: []string{"qdel"}, signal: []string{"qsig", "-s"}, job: digits,
		directive: "#PBS ",
		template:  "#!/bin/sh\n#PBS -V\n#PBS -N gale\nexec {program_and_args}\n",
		array:     directive{regexp.MustCompile(`(?m)^#PBS\s+-[tJ]\b`), "-t 1-{n}"},
		queue:     directive{regexp.MustCompile(`(?m)^#PBS\s+-q\b`), "-q {queue}"},
		output:    directive{regexp.MustCompile(`(?m)^#PBS\s+-o\b`), "-j oe -o {output_file}"},
	},
	"sge": {
		submit: []string{"qsub"}, remove: []string{"qdel"}, signal: []string{"qsig", "-s"}, job: digits,
		directive: "#$ ",
		template:  "#!/bin/sh\n#$ -V\n#$ -S /bin/sh\n#$ -N gale\nexec {program_and_args}\n",
		array:     directive{regexp.MustCompile(`(?m)^#\$\s+-t\b`), "-t 1-{n}"},
		queue:     directive{regexp.MustCompile(`(?m)^#\$\s+-q\b`), "-q {queue}"},
		output:    directive{regexp.MustCompile(`(?m)^#\$\s+-o\b`), "-j y -o {output_file}"},
	},
	"lsf": {
		submit: []string{"bsub"}, remove: []string{"bkill"}, signal: []string{"bkill", "-s"}, job: digits, stdin: true,
		env:       []string{"LSB_STDOUT_DIRECT=Y"}, // the output as it comes, not at the end
		directive: "#BSUB ",
		template:  "#!/bin/sh\n#BSUB -env all\nexec {program_and_args}\n",
		array:     directive{regexp.MustCompile(`(?m)^#BSUB\s+-J\b`), "-J gale{cluster_id}[1-{n}]"},
		queue:     directive{regexp.MustCompile(`(?m)^#BSUB\s+-q\b`), "-q {queue}"},
		output:    directive{regexp.MustCompile(`(?m)^#BSUB\s+-oo?\b`), "-oo {output_file}"},
	},
	"htcondor": {
		submit: []string{"condor_submit"}, remove: []string{"condor_rm"},
		job: regexp.MustCompile(`(?m)(\d+)\.$`), last: true,
		template: "universe = vanilla\nexecutable = {program}\ntransfer_executable = False\ngetenv = True\narguments = \"{program_args}\"\n",
		array:    directive{regexp.MustCompile(`(?m)^queue\b`), "queue {n}"},
		output:   directive{regexp.MustCompile(`(?m)^output\b`), "output = {output_file}\nerror = {output_file}"},
		queue:    directive{regexp.MustCompile(`(?m)^requirements\b`), "requirements = {queue}"},
	},
}

// SystemNames gives the batch systems that are known.
func SystemNames() []string { return slices.Sorted(maps.Keys(systems)) }

// isArray says whether each engine of a script is an element of its own.
func (s system) isArray(script string) bool {
	return strings.Contains(script, s.directive+"--array=1-")
}

// script is the job's script for n engines.
func (b Batch) script(o *Options, name string, n int) (string, error) {
	s := systems[b.System]
	text := b.Template
	if text == "" {
		text = s.template
	}
	var more []string
	for _, d := range []struct {
		directive
		wanted bool
	}{{s.output, true}, {s.queue, b.Queue != ""}, {s.array, true}} {
		if d.wanted && d.text != "" && !d.have.MatchString(text) {
			more = append(more, s.directive+d.text)
		}
	}
	for _, opt := range b.Options {
		more = slices.Insert(more, 0, s.directive+strings.NewReplacer("{", "{{", "}", "}}").Replace(opt))
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	at := len(lines)
	if !s.last { // directives are read up to the first command
		at = min(1, len(lines))
		if !strings.HasPrefix(lines[0], "#!") {
			at = 0
		}
	}
	text = strings.Join(slices.Insert(lines, at, more...), "\n") + "\n"
	program := b.Program
	if program == "" {
		program = realProgram(o.Program)
	}
	args := append([]string{"engine", "--profile-dir=" + o.Profile, "--cluster-id=" + o.ID}, o.EngineArgs...)
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = quote(a)
	}
	return fill(text, map[string]string{
		"n": strconv.Itoa(n), "queue": b.Queue, "profile_dir": o.Profile, "cluster_id": o.ID, "output_file": o.log(name + s.index),
		"program": program, "program_args": strings.Join(quoted, " "), "program_and_args": quote(program) + " " + strings.Join(quoted, " "),
	})
}

var field = regexp.MustCompile(`\{\{|\}\}|\{(\w*)\}|[{}]`)

// fill replaces fields in braces.
func fill(text string, values map[string]string) (string, error) {
	var bad error
	out := field.ReplaceAllStringFunc(text, func(f string) string {
		switch f {
		case "{{", "}}":
			return f[:1]
		}
		v, ok := values[strings.Trim(f, "{}")]
		if !ok && bad == nil {
			bad = fmt.Errorf("cluster: the template has %q: fields are %v, and a brace itself is written twice", f, slices.Sorted(maps.Keys(values)))
		}
		return v
	})
	return out, bad
}

// plain is what a shell takes as it is.
var plain = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// quote makes a word for a shell.
func quote(s string) string {
	if plain.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// realProgram is a path that means the program to other processes too.
func realProgram(program string) string {
	if program == "/proc/self/exe" {
		if p, err := os.Executable(); err == nil {
			return p
		}
	}
	if p, err := filepath.Abs(program); err == nil && strings.ContainsRune(program, filepath.Separator) {
		return p
	}
	return program
}
