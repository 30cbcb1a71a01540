package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// Task is a task that has ended: its id, when, and all else in a form that is its owner's business.
type Task struct {
	ID    string
	Ended time.Time
	Body  []byte
}

// Retention bounds what a store of tasks keeps; the oldest go first. 0: no bound.
type Retention struct {
	Count int
	Bytes int64
	Age   time.Duration
}

// Tasks is a file of tasks that have ended. Its methods may be called from any goroutine, one at a time goes on.
type Tasks struct {
	path string
	keep Retention
	db   *sql.DB
	n    int
	size int64
	aged time.Time // when it was last looked for tasks that are too old
}

const tasksSchema = `
CREATE TABLE IF NOT EXISTS tasks (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, ended INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS ended ON tasks (ended);
PRAGMA user_version = 1;`

// OpenTasks opens a file, which is made when it is missing. One that is damaged is set aside under the name FILE.damaged, which the
// second result says.
func OpenTasks(path string, keep Retention) (t *Tasks, damage, err error) {
	if t, err = tryTasks(path, keep); err == nil || !isDamage(err) {
		return t, nil, err
	}
	damage = fmt.Errorf("store: %s is no sound file of tasks and was renamed %s.damaged: %w", path, path, err)
	for _, tail := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + tail); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, nil, fmt.Errorf("store: tasks: %w", err)
		}
	}
	if err := os.Rename(path, path+".damaged"); err != nil {
		return nil, nil, fmt.Errorf("store: tasks: %w", err)
	}
	t, err = tryTasks(path, keep)
	return t, damage, err
}

func tryTasks(path string, keep Retention) (t *Tasks, err error) {
	if err := prepare(path); err != nil {
		return nil, err
	}
	dsn := "file:" + escape(path) + "?_pragma=busy_timeout(2000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_pragma=cache_size(-2048)&_pragma=auto_vacuum(2)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("store: opening tasks %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	t = &Tasks{path: path, keep: keep, db: db}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("store: opening tasks %s: %w", path, err), db.Close())
		}
	}()
	ctx := context.Background()
	if _, err := db.ExecContext(ctx, tasksSchema); err != nil {
		return nil, err
	}
	return t, db.QueryRowContext(ctx, "SELECT count(*), coalesce(sum(length(body)), 0) FROM tasks").Scan(&t.n, &t.size)
}

// Put keeps tasks, each in the place of one with its id, all or none; then the oldest go until the bounds hold.
func (t *Tasks) Put(tasks []Task) error {
	n, size := t.n, t.size
	err := t.update(func(tx *sql.Tx) error {
		ctx := context.Background()
		insert, err := tx.PrepareContext(ctx, "INSERT OR REPLACE INTO tasks (id, ended, body) VALUES (?, ?, ?)")
		if err != nil {
			return err
		}
		for _, x := range tasks {
			if _, err := insert.ExecContext(ctx, x.ID, x.Ended.UnixMicro(), x.Body); err != nil {
				return errors.Join(err, insert.Close())
			}
			n++
			size += int64(len(x.Body))
		}
		return insert.Close()
	})
	if err != nil {
		return fmt.Errorf("store: keeping tasks in %s: %w", t.path, err)
	}
	t.n, t.size = n, size
	return t.prune(time.Now())
}

// prune drops the oldest tasks, a tenth more than must go, so that it has not to be done each time.
func (t *Tasks) prune(now time.Time) error {
	ctx := context.Background()
	over := 0
	if t.keep.Count > 0 && t.n > t.keep.Count {
		over = t.n - t.keep.Count + t.keep.Count/10
	}
	if t.keep.Bytes > 0 && t.size > t.keep.Bytes && t.n > 0 {
		each := max(1, t.size/int64(t.n))
		over = max(over, int((t.size-t.keep.Bytes+t.keep.Bytes/10)/each)+1)
	}
	old := t.keep.Age > 0 && now.Sub(t.aged) > time.Minute
	if over == 0 && !old {
		return nil
	}
	t.aged = now
	err := t.update(func(tx *sql.Tx) error {
		if over > 0 {
			if _, err := tx.ExecContext(ctx, "DELETE FROM tasks WHERE seq IN (SELECT seq FROM tasks ORDER BY seq LIMIT ?)", over); err != nil {
				return err
			}
		}
		if old {
			if _, err := tx.ExecContext(ctx, "DELETE FROM tasks WHERE ended < ?", now.Add(-t.keep.Age).UnixMicro()); err != nil {
				return err
			}
		}
		return tx.QueryRowContext(ctx, "SELECT count(*), coalesce(sum(length(body)), 0) FROM tasks").Scan(&t.n, &t.size)
	})
	if err != nil {
		return fmt.Errorf("store: dropping old tasks in %s: %w", t.path, err)
	}
	if over > 0 {
		if _, err := t.db.ExecContext(ctx, "PRAGMA incremental_vacuum"); err != nil {
			return fmt.Errorf("store: shrinking %s: %w", t.path, err)
		}
	}
	return nil
}

func (t *Tasks) update(f func(tx *sql.Tx) error) error {
	tx, err := t.db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Get gives one task's body, nil when it is not there.
func (t *Tasks) Get(id string) ([]byte, error) {
	var body []byte
	err := t.db.QueryRowContext(context.Background(), "SELECT body FROM tasks WHERE id = ?", id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: reading tasks %s: %w", t.path, err)
	}
	return body, nil
}

// Each calls f with the body of each task, in the order in which they were put.
func (t *Tasks) Each(f func(body []byte) error) (err error) {
	rows, err := t.db.QueryContext(context.Background(), "SELECT body FROM tasks ORDER BY seq")
	if err != nil {
		return fmt.Errorf("store: reading tasks %s: %w", t.path, err)
	}
	defer func() { err = errors.Join(err, rows.Err(), rows.Close()) }()
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return fmt.Errorf("store: reading tasks %s: %w", t.path, err)
		}
		if err := f(body); err != nil {
			return err
		}
	}
	return nil
}

// Drop removes tasks, those that are there.
func (t *Tasks) Drop(ids []string) error {
	err := t.update(func(tx *sql.Tx) error {
		for _, id := range ids {
			if _, err := tx.ExecContext(context.Background(), "DELETE FROM tasks WHERE id = ?", id); err != nil {
				return err
			}
		}
		return tx.QueryRowContext(context.Background(), "SELECT count(*), coalesce(sum(length(body)), 0) FROM tasks").Scan(&t.n, &t.size)
	})
	if err != nil {
		return fmt.Errorf("store: dropping tasks in %s: %w", t.path, err)
	}
	return nil
}

// Close closes the file.
func (t *Tasks) Close() error {
	if err := t.db.Close(); err != nil {
		return fmt.Errorf("store: closing tasks %s: %w", t.path, err)
	}
	return nil
}
