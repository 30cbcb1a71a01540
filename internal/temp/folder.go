// Package temp makes folders for temporary files. Their owner removes them; when it was killed, the next one that makes a folder does. A folder's
// owner holds a lock on a file in it, which the system gives up with the process, also when that is in another container.
//
// The package removes nothing that has no such file, or whose lock somebody holds.
package temp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockName is the file that is locked.
const lockName = ".owner"

// Folder is a folder of this process.
type Folder struct {
	path string
	lock *os.File
}

// New makes a folder in dir, "" for the system's, whose name begins with prefix, and removes those with this prefix whose owners are dead.
func New(dir, prefix string) (*Folder, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	tidy(dir, prefix)
	path, err := os.MkdirTemp(dir, prefix)
	if err != nil {
		return nil, fmt.Errorf("temp: %w", err)
	}
	f := &Folder{path: path}
	if f.lock, err = lock(path); err != nil {
		return nil, fmt.Errorf("temp: locking %s: %w", path, errors.Join(err, os.RemoveAll(path)))
	}
	return f, nil
}

// lock makes the file; it has its name only when the lock is held.
func lock(path string) (*os.File, error) {
	f, err := os.CreateTemp(path, lockName)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(path, lockName))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// tidy removes the folders of dead owners. One that cannot be looked at or removed is somebody else's.
func tidy(dir, prefix string) {
	found, _ := filepath.Glob(filepath.Join(dir, prefix+"*", lockName)) // the pattern is well formed
	for _, name := range found {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(filepath.Dir(name))
		}
		_ = f.Close() // it was only read
	}
}

// Path is where the folder is.
func (f *Folder) Path() string { return f.path }

// Close removes the folder with everything in it.
func (f *Folder) Close() error {
	if err := errors.Join(os.RemoveAll(f.path), f.lock.Close()); err != nil {
		return fmt.Errorf("temp: removing a folder: %w", err)
	}
	return nil
}
