package controller

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/galeproject/gale/internal/store"
)

// journalDir is where the journal's pages are.
func (o *Options) journalDir() string {
	return filepath.Join(o.ProfileDir, "log", "journal"+o.ClusterID)
}

// storeFile is where records of ended tasks are.
func (o *Options) storeFile() string {
	if o.StoreFile != "" {
		return o.StoreFile
	}
	return filepath.Join(o.ProfileDir, "log", "tasks"+o.ClusterID+".db")
}

// openPast opens journal and store and, if that is asked for, takes over what an earlier controller left there.
func (c *Controller) openPast() (err error) {
	o, s := &c.o, c.shell
	if !o.Restore {
		if err := o.clearPast(); err != nil {
			return err
		}
	}
	if o.Journal == nil && !o.NoJournal {
		if o.Journal, err = OpenJournal(o.journalDir()); err != nil {
			return err
		}
	}
	if o.Store == nil && !o.NoStore && o.RecordLimit > 0 {
		tasks, damage, err := store.OpenTasks(o.storeFile(), store.Retention(o.Retain))
		if err != nil {
			return err
		}
		if damage != nil {
			o.Log.Error("controller: the results of earlier tasks cannot be read", "err", damage)
		}
		o.Store = &disk{tasks: tasks}
	}
	c.keeper = newKeeper(o.Journal, o.Store, o.Log)
	if o.Store != nil {
		s.store = c.keeper
	}
	var p *past
	if o.Restore && o.Journal != nil {
		if p, err = c.readPast(); err != nil {
			return err
		}
	}
	if o.Journal != nil {
		if err := s.openBook(o.Journal, p); err != nil {
			return err
		}
	}
	if o.Restore {
		c.recallEngines()
	}
	return nil
}

// readPast reads the journal as far as it can be read.
func (c *Controller) readPast() (*past, error) {
	p, from, damage, err := readJournal(c.o.Journal)
	if err != nil {
		return nil, err
	}
	if damage == nil {
		return p, nil
	}
	c.o.Log.Error("controller: the journal is damaged; what it says up to there is restored", "err", damage)
	if j, ok := c.o.Journal.(*FileJournal); ok {
		if err := j.SetAside(from); err != nil {
			c.o.Log.Warn("controller: setting damaged pages aside", "err", err)
		}
	}
	return p, nil
}

// openBook begins to write a journal, behind its last page and with all that is needed of those before.
func (s *shell) openBook(j Journal, p *past) error {
	pages, err := j.Pages()
	if err != nil {
		return err
	}
	s.book = newBook(true)
	if p != nil {
		s.restore(p)
	}
	keeps := s.book.keeps
	s.book = newBook(false)
	if len(pages) > 0 {
		s.book.page = pages[len(pages)-1]
	}
	s.book.keeps = keeps
	s.writeWhole()
	return nil
}

// recallEngines remembers the engines that only the table of engines names.
func (c *Controller) recallEngines() {
	known, about, err := c.o.loadEngines()
	if err != nil {
		c.o.Log.Warn("controller: the engines of the last run are not known", "err", err)
	}
	for _, ev := range known {
		if !c.shell.hub.Knows(ev.UUID) {
			c.shell.hub.Step(ev)
			if a := about[ev.UUID]; a != nil {
				c.shell.about[ev.UUID] = a
			}
		}
	}
}

// clearPast removes what an earlier run left: only who asks for it takes it over.
func (o *Options) clearPast() error {
	if err := os.RemoveAll(o.journalDir()); err != nil {
		return fmt.Errorf("controller: removing an old journal: %w", err)
	}
	if o.KeepStore {
		return nil
	}
	for _, tail := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(o.storeFile() + tail); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("controller: removing old results: %w", err)
		}
	}
	return nil
}

// removePast leaves nothing behind that nobody can take over: without the connection files no engine or client comes back.
func (o *Options) removePast() error {
	if o.Reuse {
		return nil
	}
	return o.clearPast()
}
