package kernel

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galeproject/gale/wire"
)

func fileMagics() []magic {
	return []magic{
		{"%cd", "[DIR]", "change the directory, here and for shell commands", runCd},
		{"%pwd", "", "tell the directory", runPwd},
		{"%env", "[NAME [VALUE]]", "tell or set a variable of the environment", runEnv},
		{"%load", "FILE", "put a file's text into the next cell", runLoad},
		{"%save", "[-a] FILE", "write the inputs of this session to a file, -a at its end", runSave},
		{"%%writefile", "[-a] FILE", "write the rest of the cell to a file, -a at its end", runWritefile},
		{"%capture", "[-a] FILE", "write what the cell prints to a file too, -a at its end", runCapture},
	}
}

// expand replaces a leading ~ and variables of the environment.
func expand(path string) string {
	path = os.ExpandEnv(path)
	if path == "~" || strings.HasPrefix(path, "~/") {
		if home, err := os.UserHomeDir(); err == nil {
			path = home + path[1:]
		}
	}
	return path
}

// runCd runs %cd: in the namespace, and in this process when that is the kernel's own.
func runCd(c *cell, _ string, p part) *wire.Failure {
	dir := strings.Trim(strings.TrimSpace(p.args), `"'`)
	if dir == "" {
		dir = "~"
	}
	dir, err := filepath.Abs(expand(dir))
	if err != nil {
		return usage("%%cd: %v", err)
	}
	if info, err := os.Stat(dir); err != nil {
		return usage("%%cd: %v", err)
	} else if !info.IsDir() {
		return usage("%%cd: %s is not a directory", dir)
	}
	if failure := c.tell(fmt.Sprintf("os.Chdir(%q)", dir)); failure != nil {
		return failure
	}
	if c.o.OwnsProcess {
		if err := os.Chdir(dir); err != nil {
			return usage("%%cd: %v", err)
		}
	}
	c.print("stdout", dir+"\n")
	return nil
}

// runPwd runs %pwd.
func runPwd(c *cell, _ string, _ part) *wire.Failure {
	dir, err := os.Getwd()
	if err != nil {
		return usage("%%pwd: %v", err)
	}
	c.print("stdout", dir+"\n")
	return nil
}

// runEnv runs %env, %env NAME and %env NAME VALUE or NAME=VALUE.
func runEnv(c *cell, _ string, p part) *wire.Failure {
	args := strings.TrimSpace(p.args)
	if args == "" {
		c.print("stdout", strings.Join(slices.Sorted(slices.Values(os.Environ())), "\n")+"\n")
		return nil
	}
	at := strings.IndexAny(args, "= \t")
	if at < 0 {
		c.print("stdout", os.Getenv(args)+"\n")
		return nil
	}
	name, value := args[:at], strings.TrimSpace(args[at+1:])
	if name == "" {
		return usage("%%env: want NAME, NAME VALUE or NAME=VALUE")
	}
	value = os.ExpandEnv(value)
	if failure := c.tell(fmt.Sprintf("os.Setenv(%q, %q)", name, value)); failure != nil {
		return failure
	}
	if c.o.OwnsProcess {
		if err := os.Setenv(name, value); err != nil {
			return usage("%%env: %v", err)
		}
	}
	return nil
}

// runWritefile runs %%writefile.
func runWritefile(c *cell, _ string, p part) *wire.Failure {
	flags, rest := options(p.args, "")
	_, again := flags["a"]
	if _, long := flags["append"]; long {
		again = true
	}
	f, did, err := create(rest, again)
	if err != nil {
		return usage("%%%%writefile: %v", err)
	}
	text := p.body
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err = f.WriteString(text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return usage("%%%%writefile: %v", err)
	}
	c.print("stdout", did+" "+f.Name()+"\n")
	return nil
}

// create opens a file to be written, or to be written on.
func create(name string, again bool) (f *os.File, did string, err error) {
	path := expand(strings.Trim(strings.TrimSpace(name), `"'`))
	if path == "" {
		return nil, "", errors.New("want the name of a file")
	}
	mode, did := os.O_TRUNC, "wrote"
	if again {
		mode, did = os.O_APPEND, "appended to"
	}
	f, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY|mode, 0o666)
	return f, did, err
}

// runSave runs %save.
func runSave(c *cell, _ string, p part) *wire.Failure {
	flags, rest := options(p.args, "")
	_, again := flags["a"]
	if c.sub.history == nil {
		return usage("%%save: this kernel remembers no inputs")
	}
	entries, err := c.sub.history.Range(c.ctx, 0, 0, 0)
	if err != nil {
		return usage("%%save: %v", err)
	}
	f, did, err := create(rest, again)
	if err != nil {
		return usage("%%save: %v", err)
	}
	for _, e := range entries {
		if e.Line != c.count && err == nil { // not the cell that saves
			_, err = fmt.Fprintf(f, "// cell %d\n%s\n\n", e.Line, strings.TrimRight(e.Input, "\n"))
		}
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return usage("%%save: %v", err)
	}
	c.print("stdout", did+" "+f.Name()+"\n")
	return nil
}

// runCapture runs %capture.
func runCapture(c *cell, _ string, p part) *wire.Failure {
	flags, rest := options(p.args, "")
	_, again := flags["a"]
	f, _, err := create(rest, again)
	if err != nil {
		return usage("%%capture: %v", err)
	}
	if old := c.copyTo.Swap(f); old != nil {
		err = old.Close()
	}
	if err != nil {
		return usage("%%capture: %v", err)
	}
	return nil
}

// copyText writes what the cell prints to the file that %capture named.
func (c *cell) copyText(text string) {
	if f := c.copyTo.Load(); f != nil {
		if _, err := f.WriteString(text); err != nil {
			c.log.Warn("not captured", "err", err)
		}
	}
}

// endCopy closes that file.
func (c *cell) endCopy() {
	if f := c.copyTo.Swap(nil); f != nil {
		if err := f.Close(); err != nil {
			c.log.Warn("not captured", "err", err)
		}
	}
}

// maxLoad bounds what %load puts into a cell, in bytes.
const maxLoad = 4 << 20

// runLoad runs %load.
func runLoad(c *cell, _ string, p part) *wire.Failure {
	path := expand(strings.TrimSpace(p.args))
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxLoad {
		return usage("%%load: %s has %d bytes, too many for a cell", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return usage("%%load: %v", err)
	}
	c.payloads = append(c.payloads, inputPayload{Source: "set_next_input", Text: string(text), Replace: false})
	return nil
}
