package kernel

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galeproject/gale/wire"
)

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
	path := expand(strings.Trim(strings.TrimSpace(rest), `"'`))
	if path == "" {
		return usage("%%%%writefile: want the name of a file")
	}
	mode, did := os.O_TRUNC, "wrote"
	if again {
		mode, did = os.O_APPEND, "appended to"
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|mode, 0o666)
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
	c.print("stdout", did+" "+path+"\n")
	return nil
}
