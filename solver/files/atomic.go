package files

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Write makes a file of what to writes, all of it or nothing: it is written beside its place, brought to the disk and renamed. A
// crash at any moment leaves the old file or the new one.
func Write(path string, to func(w io.Writer) error) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("files: writing %s: %w", path, err)
	}
	b := bufio.NewWriterSize(f, 1<<16)
	err = to(b)
	if err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("files: writing %s: %w", path, err), os.Remove(f.Name()))
	}
	if d, err := os.Open(dir); err == nil { // the name too survives a crash, where the system can do that
		_ = d.Sync()
		_ = d.Close()
	}
	return nil
}
