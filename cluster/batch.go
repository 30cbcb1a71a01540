package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Batch starts engines as jobs of a batch system, from a template whose fields in braces are filled in: {n}, {queue}, {program},
// {program_args}, {program_and_args}, {profile_dir}, {cluster_id} and {output_file}; a brace itself is written twice. Directives for the
// number of engines, the queue and the output are added where the template has none.
type Batch struct {
	System   string   // slurm, pbs, sge, lsf or htcondor
	Template string   // "" is the system's own
	Queue    string   // queue or partition
	Options  []string // further directives, for instance "--account=geo" or "-l walltime=2:00:00"
	Program  string   // the gale program on the nodes; "" is the path that it has here
}

// batchPatience is how long one command of a batch system may take.
const batchPatience = time.Minute

// pollEvery is how often a batch system is asked which jobs are left.
const pollEvery = 2 * time.Second

// Name is the system's.
func (b Batch) Name() string { return b.System }

func (Batch) natural() int { return 1 }

func (b Batch) check() error {
	s, ok := systems[b.System]
	if !ok {
		return fmt.Errorf("cluster: no batch system %q: there are %s", b.System, strings.Join(SystemNames(), ", "))
	}
	if _, err := exec.LookPath(s.submit[0]); err != nil {
		return fmt.Errorf("cluster: %s is not here: is this a machine from which %s jobs are submitted?", s.submit[0], b.System)
	}
	return nil
}

func (Batch) reach(context.Context) ([]string, error) { return beyond, nil }

// launch submits one job. It does not wait until the job runs: the queue may be long.
func (b Batch) launch(ctx context.Context, s *site, n int) ([]unit, error) {
	system := systems[b.System]
	name := s.fresh()
	text, err := b.script(s.o, name, n)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(s.o.Profile, "pid", "gale"+infix(s.o.ID)+"-"+name+"."+b.System)
	if err := os.WriteFile(file, []byte(text), 0o700); err != nil { //nolint:gosec // a script that is run
		return nil, fmt.Errorf("cluster: writing the job's script: %w", err)
	}
	env := append(append(os.Environ(), s.o.Env...), system.env...)
	env = append(env, "IPP_PROFILE_DIR="+s.o.Profile, "IPP_CLUSTER_ID="+s.o.ID, "IPP_CONNECTION_INFO="+string(s.connection))
	ctx, cancel := context.WithTimeout(ctx, batchPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, system.submit[0], system.submit[1:]...)
	cmd.Env = env
	if system.stdin {
		cmd.Stdin = strings.NewReader(text)
	} else {
		cmd.Args = append(cmd.Args, file)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("cluster: submitting with %s: %w: %s", system.submit[0], err, strings.TrimSpace(string(out)))
	}
	found := system.job.FindSubmatch(out)
	if found == nil {
		return nil, fmt.Errorf("cluster: %s gave no job id: %s", system.submit[0], strings.TrimSpace(string(out)))
	}
	id := string(found[len(found)-1])
	s.o.Log.Info("submitted a job", "system", b.System, "job", id, "engines", n)
	return newJob(s.o, system, name, id, n, system.isArray(text)).units(), nil
}

// job is one submitted job.
type job struct {
	o        *Options
	system   system
	id       string
	elements []*element
}

// element is a part of a job that starts and ends by itself: a task of an array where the system lists these, or the whole job.
type element struct {
	job  *job
	name string
	ref  string // what the system's commands call it
	n    int
	over chan struct{}

	listed atomic.Bool // the system knew it once
	mu     sync.Mutex
	asked  bool
	end    Ending
}

func newJob(o *Options, s system, name, id string, n int, array bool) *job {
	j := &job{o: o, system: s, id: id}
	if array && s.list != nil {
		for i := range n {
			ref := fmt.Sprintf("%s_%d", id, i+1)
			j.elements = append(j.elements, &element{job: j, name: fmt.Sprintf("%s.%d", name, i+1), ref: ref, n: 1, over: make(chan struct{})})
		}
	} else {
		j.elements = []*element{{job: j, name: name, ref: id, n: n, over: make(chan struct{})}}
	}
	if s.list != nil {
		go j.watch()
	}
	return j
}

func (j *job) units() []unit {
	var out []unit
	for _, e := range j.elements {
		out = append(out, e)
	}
	return out
}

// watch asks the system which elements are left until none is.
func (j *job) watch() {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	begun := time.Now()
	for j.poll(time.Since(begun) < batchPatience) {
		<-tick.C
	}
}

// poll asks the system once, and says whether any element is left. A job that has just been submitted may not be listed yet, and a system
// that does not answer says nothing: only what was once listed, or is missing when the job is young no more, has ended.
func (j *job) poll(young bool) (left bool) {
	listed, err := j.listed(context.Background())
	if err != nil {
		j.o.Log.Debug("a batch system does not answer", "job", j.id, "error", err)
		return true
	}
	for _, e := range j.elements {
		switch {
		case e.closed():
		case listed[e.ref]:
			e.listed.Store(true)
			left = true
		case young && !e.listed.Load():
			left = true
		default:
			e.close(j.why(context.Background(), e.ref))
		}
	}
	return left
}

// listed gives what the system says is pending or running.
func (j *job) listed(ctx context.Context) (map[string]bool, error) {
	out, err := j.command(ctx, append(slices.Clone(j.system.list), j.id)...)
	if err != nil {
		if strings.Contains(out, "Invalid job id") { // forgotten by the system: it has ended
			return nil, nil
		}
		return nil, err
	}
	listed := map[string]bool{}
	for ref := range strings.FieldsSeq(out) {
		listed[ref] = true
	}
	return listed, nil
}

// facts are what a system says of a job that has ended.
var facts = regexp.MustCompile(`\b(JobState|Reason|ExitCode|NodeList)=(\S+)`)

// why says how an element ended, as far as the system tells.
func (j *job) why(ctx context.Context, ref string) string {
	const unknown = "it has left the queue"
	if j.system.why == nil {
		return unknown
	}
	out, err := j.command(ctx, append(slices.Clone(j.system.why), ref)...)
	if err != nil {
		return unknown
	}
	var text []string
	for _, f := range facts.FindAllStringSubmatch(out, -1) {
		text = append(text, f[1]+" "+f[2])
	}
	return strings.Join(text, ", ")
}

func (j *job) command(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, batchPatience)
	defer cancel()
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("cluster: %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

func (e *element) label() string         { return e.name }
func (e *element) size() int             { return e.n }
func (e *element) where() string         { return "job " + e.ref }
func (e *element) id() int               { return 0 }
func (e *element) done() <-chan struct{} { return e.over }

func (e *element) ending() Ending {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.end
}

func (e *element) closed() bool {
	select {
	case <-e.over:
		return true
	default:
		return false
	}
}

// close says that the element has ended; what the engine said last is in the job's output.
func (e *element) close(cause string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed() {
		return
	}
	e.end = Ending{Name: e.name, Where: e.where(), Time: time.Now(), Cause: cause, Asked: e.asked, Tail: lastLines(e.job.output(e), tailLines)}
	close(e.over)
}

// output is where an element writes.
func (j *job) output(e *element) string {
	name, index, several := strings.Cut(e.name, ".")
	if several {
		name += "." + index
	}
	return j.o.log(name)
}

func (e *element) signal(ctx context.Context, s syscall.Signal) error {
	if e.job.system.signal == nil {
		return fmt.Errorf("cluster: %s sends no signals to jobs", e.job.o.Launcher.Name())
	}
	args := append(slices.Clone(e.job.system.signal), strings.TrimPrefix(signalName(s), "SIG"), e.ref)
	_, err := e.job.command(ctx, args...)
	return err
}

// stop takes the element out of the queue, or ends it.
func (e *element) stop(grace time.Duration) {
	e.mu.Lock()
	e.asked = true
	e.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), grace+batchPatience)
	defer cancel()
	if _, err := e.job.command(ctx, append(slices.Clone(e.job.system.remove), e.ref)...); err != nil {
		e.job.o.Log.Warn("a job may still be in the queue", "job", e.ref, "error", err)
	}
	e.close("taken out of the queue")
}
