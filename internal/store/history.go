package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// InMemory is the path of a history without a file.
const InMemory = ":memory:"

// Entry is one input. Output is nil when none was recorded.
type Entry struct {
	Session int
	Line    int // number of the cell in its session
	Input   string
	Output  *string
}

// History is one session of the inputs of all kernels that share a file.
type History struct {
	*file
	session int // owned by the goroutine of work
}

// file is the database of a process, which all its sessions share.
type file struct {
	path string
	log  *slog.Logger
	work chan func()
	done chan struct{} // closed after closeErr was set
	db   *sql.DB       // owned by the goroutine of work

	mu     sync.RWMutex // held while sending to work, so that closing is safe
	closed bool

	closeErr error
}

// schema is what a new file gets. user_version tells later programs what they found.
const schema = `
CREATE TABLE IF NOT EXISTS sessions (session INTEGER PRIMARY KEY AUTOINCREMENT, started TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS history (session INTEGER NOT NULL, line INTEGER NOT NULL, input TEXT NOT NULL, output TEXT, PRIMARY KEY (session, line));
PRAGMA user_version = 1;`

// HistoryPath is where a user's history lives: $GALE_HISTORY, else gale/history.sqlite in $XDG_DATA_HOME or ~/.local/share.
// It is [InMemory] when there is no home.
func HistoryPath() string {
	if p := os.Getenv("GALE_HISTORY"); p != "" {
		return p
	}
	data := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) {
		home, err := os.UserHomeDir()
		if err != nil {
			return InMemory
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "gale", "history.sqlite")
}

// OpenHistory begins a session in the history at path. It returns at once. A nil logger is silent.
func OpenHistory(path string, log *slog.Logger) *History {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	h := &History{file: &file{path: path, log: log, work: make(chan func(), 256), done: make(chan struct{})}}
	go h.run()
	return h
}

// Branch begins another session in the same file, with numbers of lines of its own. Closing either closes both.
func (h *History) Branch() *History {
	b := &History{file: h.file}
	b.give(func() {
		if b.db == nil {
			return
		}
		n, err := begin(b.db, b.path)
		if err != nil {
			b.log.Warn("a session of the history", "err", err)
		}
		b.session = n
	})
	return b
}

// run owns the database: everything happens here, in the order of the calls.
func (h *History) run() {
	defer close(h.done)
	h.open()
	for f := range h.work {
		f()
	}
	if h.db != nil {
		if err := h.db.Close(); err != nil {
			h.closeErr = fmt.Errorf("store: closing history %s: %w", h.path, err)
		}
	}
}

// open finds a database that works: the file, the file begun anew, or memory.
func (h *History) open() {
	err := h.try(h.path)
	if err == nil {
		return
	}
	h.log.Warn("history cannot be used", "path", h.path, "err", err)
	if h.path != InMemory && isDamage(err) {
		aside := h.path + ".damaged"
		for _, tail := range []string{"-wal", "-shm"} {
			if err := os.Remove(h.path + tail); err != nil && !errors.Is(err, os.ErrNotExist) {
				h.log.Warn("removing a part of the damaged history", "err", err)
			}
		}
		if err := os.Rename(h.path, aside); err == nil {
			if err = h.try(h.path); err == nil {
				h.log.Warn("history begun anew", "path", h.path, "old", aside)
				return
			}
		}
	}
	if err := h.try(InMemory); err != nil {
		h.log.Warn("no history", "err", err)
	}
}

// try opens one path, makes the tables and takes a session number.
func (h *History) try(path string) (err error) {
	if path != InMemory {
		if err := prepare(path); err != nil {
			return err
		}
	}
	dsn := "file:" + escape(path) + "?_pragma=busy_timeout(2000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_pragma=cache_size(-512)"
	if path == InMemory {
		dsn = InMemory
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return fmt.Errorf("store: opening history %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // one owner, and one connection is one memory database
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("store: preparing history %s: %w", path, err)
	}
	n, err := begin(db, path)
	if err != nil {
		return err
	}
	h.db, h.session = db, n
	return nil
}

// begin takes a session number.
func begin(db *sql.DB, path string) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	res, err := db.ExecContext(ctx, "INSERT INTO sessions (started) VALUES (?)", time.Now().UTC().Format(time.RFC3339))
	if err != nil {
		return 0, fmt.Errorf("store: beginning a session in history %s: %w", path, err)
	}
	n, err := res.LastInsertId()
	if err != nil {
		return 0, fmt.Errorf("store: beginning a session in history %s: %w", path, err)
	}
	return int(n), nil
}

// prepare makes the folder, and the file with mode 0600 before SQLite would make it with another.
func prepare(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("store: folder of the history: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("store: history: %w", err)
	}
	return f.Close()
}

// do runs f in the owner's goroutine and waits; after Close, or without a database, f is not run.
func (h *History) do(f func(db *sql.DB) error) error {
	result := make(chan error, 1)
	job := func() {
		if h.db == nil {
			result <- nil
			return
		}
		result <- f(h.db)
	}
	if !h.give(job) {
		return nil
	}
	return <-result
}

// give hands a job to the owner, unless the history is closed; what was given is done.
func (h *History) give(job func()) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.closed {
		return false
	}
	h.work <- job
	return true
}

// Session is this process's number, counting up from 1; 0 when there is no database.
func (h *History) Session() int {
	var n int
	if h.do(func(*sql.DB) error { n = h.session; return nil }) != nil {
		return 0
	}
	return n
}

// Append records an input of this session. It does not wait; later reads see the row.
func (h *History) Append(line int, input string) {
	h.later("INSERT OR REPLACE INTO history (session, line, input) VALUES (?, ?, ?)", func() []any { return []any{h.session, line, input} })
}

// SetOutput records the output of a line of this session. It does not wait.
func (h *History) SetOutput(line int, output string) {
	h.later("UPDATE history SET output = ? WHERE session = ? AND line = ?", func() []any { return []any{output, h.session, line} })
}

func (h *History) later(query string, args func() []any) {
	job := func() {
		if h.db == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, err := h.db.ExecContext(ctx, query, args()...); err != nil {
			h.log.Warn("writing the history", "path", h.path, "err", err)
		}
	}
	h.give(job)
}

// Tail gives the last n inputs of all sessions, the oldest first.
func (h *History) Tail(ctx context.Context, n int) ([]Entry, error) {
	if n <= 0 {
		return nil, nil
	}
	return h.rows(ctx, true, "SELECT session, line, input, output FROM history ORDER BY session DESC, line DESC LIMIT ?", n)
}

// Range gives the inputs of a session with start ≤ line < stop; stop ≤ 0 means no end. Session 0 is this one, -1 the one before
// it, and so on.
func (h *History) Range(ctx context.Context, session, start, stop int) ([]Entry, error) {
	if session <= 0 {
		session += h.Session()
	}
	query, args := "SELECT session, line, input, output FROM history WHERE session = ? AND line >= ?", []any{session, start}
	if stop > 0 {
		query, args = query+" AND line < ?", append(args, stop)
	}
	return h.rows(ctx, false, query+" ORDER BY line", args...)
}

// Search gives the last n inputs (n ≤ 0: all) that match a glob pattern as a whole, the oldest first; with unique, of equal
// inputs only the last.
func (h *History) Search(ctx context.Context, pattern string, unique bool, n int) ([]Entry, error) {
	query := "SELECT session, line, input, output FROM history WHERE input GLOB ?"
	if unique {
		query = `SELECT session, line, input, output FROM (SELECT session, line, input, output,
			row_number() OVER (PARTITION BY input ORDER BY session DESC, line DESC) AS nth FROM history WHERE input GLOB ?) WHERE nth = 1`
	}
	if n <= 0 {
		n = -1
	}
	return h.rows(ctx, true, query+" ORDER BY session DESC, line DESC LIMIT ?", pattern, n)
}

// rows runs a query; with reverse the rows are turned round.
func (h *History) rows(ctx context.Context, reverse bool, query string, args ...any) (out []Entry, err error) {
	err = h.do(func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			var e Entry
			var output sql.NullString
			if err := rows.Scan(&e.Session, &e.Line, &e.Input, &output); err != nil {
				return errors.Join(err, rows.Close())
			}
			if output.Valid {
				e.Output = &output.String
			}
			out = append(out, e)
		}
		return errors.Join(rows.Err(), rows.Close())
	})
	if err != nil {
		return nil, fmt.Errorf("store: reading history %s: %w", h.path, err)
	}
	if reverse {
		slices.Reverse(out)
	}
	return out, nil
}

// Close writes what is waiting and closes the file; what is asked afterwards finds nothing. It may be called twice.
func (h *History) Close() error {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.work)
	}
	h.mu.Unlock()
	<-h.done
	return h.closeErr
}
