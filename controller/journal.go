package controller

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Journal keeps pages of bytes that outlive the process. The controller appends to the last page only; what Append has returned
// nil for is read again after a crash, possibly with a part of what a failed Append wrote behind it.
type Journal interface {
	// Append adds to a page, which is the last one or a new one behind it.
	Append(page int, data []byte) error
	// Pages lists the pages there are, in order.
	Pages() ([]int, error)
	Read(page int) ([]byte, error)
	// Forget removes all pages before this one. It may be called while Append is.
	Forget(before int) error
	Close() error
}

// FileJournal is a folder with a file a page.
type FileJournal struct {
	dir  string
	page int
	f    *os.File
	size int64
	wg   sync.WaitGroup // of pages that are being closed
}

// OpenJournal opens a folder, which is made when it is missing.
func OpenJournal(dir string) (*FileJournal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("controller: opening the journal: %w", err)
	}
	return &FileJournal{dir: dir}, nil
}

func (j *FileJournal) path(page int) string {
	return filepath.Join(j.dir, fmt.Sprintf("page-%08d", page))
}

// Append is of [Journal]. A failed one leaves the page as it was, if the file system lets it.
func (j *FileJournal) Append(page int, data []byte) error {
	if j.f == nil || page != j.page {
		j.closePage()
		f, err := os.OpenFile(j.path(page), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("controller: writing the journal: %w", err)
		}
		j.f, j.page, j.size = f, page, 0
	}
	if _, err := j.f.Write(data); err != nil {
		err = fmt.Errorf("controller: writing the journal: %w", err)
		if terr := j.f.Truncate(j.size); terr != nil {
			err = errors.Join(err, terr)
		}
		if _, serr := j.f.Seek(j.size, 0); serr != nil {
			err = errors.Join(err, serr)
		}
		return err
	}
	j.size += int64(len(data))
	return nil
}

// closePage has a page that is complete written to the disk, beside the work.
func (j *FileJournal) closePage() {
	if f := j.f; f != nil {
		j.f = nil
		j.wg.Go(func() {
			_ = f.Sync() // the process does not need it; a power cut may cost what is lost here
			_ = f.Close()
		})
	}
}

// Pages is of [Journal].
func (j *FileJournal) Pages() ([]int, error) {
	list, err := os.ReadDir(j.dir)
	if err != nil {
		return nil, fmt.Errorf("controller: reading the journal: %w", err)
	}
	var pages []int
	for _, e := range list {
		if name, is := strings.CutPrefix(e.Name(), "page-"); is {
			if n, err := strconv.Atoi(name); err == nil && n > 0 {
				pages = append(pages, n)
			}
		}
	}
	slices.Sort(pages)
	return pages, nil
}

// Read is of [Journal].
func (j *FileJournal) Read(page int) ([]byte, error) {
	b, err := os.ReadFile(j.path(page))
	if err != nil {
		return nil, fmt.Errorf("controller: reading the journal: %w", err)
	}
	return b, nil
}

// Forget is of [Journal].
func (j *FileJournal) Forget(before int) error {
	pages, err := j.Pages()
	for _, p := range pages {
		if p >= before {
			break
		}
		if rerr := os.Remove(j.path(p)); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, fmt.Errorf("controller: removing a page of the journal: %w", rerr))
		}
	}
	return err
}

// SetAside keeps pages that cannot be read, from one on, under another name.
func (j *FileJournal) SetAside(from int) error {
	pages, err := j.Pages()
	for _, p := range pages {
		if p >= from {
			err = errors.Join(err, os.Rename(j.path(p), filepath.Join(j.dir, fmt.Sprintf("damaged-%08d", p))))
		}
	}
	return err
}

// Close is of [Journal].
func (j *FileJournal) Close() error {
	j.closePage()
	j.wg.Wait()
	return nil
}
