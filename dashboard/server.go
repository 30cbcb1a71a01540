package dashboard

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/wire"
)

// Source tells how a controller is doing; [controller.Controller] is one.
type Source interface {
	Report(ctx context.Context, since int64) (controller.Report, error)
	Story(ctx context.Context, task string) (controller.Story, error)
}

// Options of a dashboard.
type Options struct {
	Port  int    // to listen on; 0: any
	Token string // that whoever asks must show; "": a new one
	// File is where the address goes, readable by this user alone; "": nowhere. Port and token of one that is there are used again,
	// so that open pages find a controller that was started again.
	File string
	Log  *slog.Logger // nil: silent
}

// Address is the content of the file.
type Address struct {
	URL   string `json:"url"` // with the token
	Port  int    `json:"port"`
	Token string `json:"token"`
	Pid   int    `json:"pid"`
}

// Server is a dashboard at work.
type Server struct {
	o       Options
	source  Source
	gate    gate
	address Address
	feed    *feed
	http    *http.Server
	served  sync.WaitGroup
}

// Limits of a request.
const (
	maxHeader  = 16 << 10
	readTime   = 10 * time.Second
	closeTime  = 2 * time.Second
	answerTime = 20 * time.Second
)

//go:embed page
var assets embed.FS

// Start serves a dashboard on 127.0.0.1.
func Start(ctx context.Context, source Source, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	before := readAddress(o.File)
	if o.Token == "" {
		o.Token = before.Token
	}
	if o.Token == "" {
		o.Token = newToken()
	}
	if len(o.Token) < minToken {
		return nil, fmt.Errorf("dashboard: a token of %d characters: want at least %d", len(o.Token), minToken)
	}
	l, err := listen(ctx, o.Port, before.Port)
	if err != nil {
		return nil, err
	}
	addr, _ := l.Addr().(*net.TCPAddr)
	s := &Server{o: o, source: source, gate: newGate(o.Token, addr.Port)}
	s.address = Address{URL: fmt.Sprintf("http://127.0.0.1:%d/?token=%s", addr.Port, o.Token), Port: addr.Port, Token: o.Token, Pid: os.Getpid()}
	s.feed = newFeed(source)
	s.http = &http.Server{
		Handler: s.gate.guard(s.routes()), MaxHeaderBytes: maxHeader, ReadHeaderTimeout: readTime, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug), BaseContext: func(net.Listener) context.Context { return s.feed.ctx },
	}
	if o.File != "" {
		if err := wire.WriteFile(o.File, s.address); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	s.served.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			o.Log.Error("dashboard: serving", "err", err)
		}
	})
	o.Log.Info("dashboard: open it in a browser", "url", s.address.URL)
	return s, nil
}

// listen takes the port asked for, or that of an earlier life if it is free.
func listen(ctx context.Context, port, earlier int) (net.Listener, error) {
	var lc net.ListenConfig
	if port == 0 && earlier != 0 {
		if l, err := lc.Listen(ctx, "tcp4", "127.0.0.1:"+strconv.Itoa(earlier)); err == nil {
			return l, nil
		}
	}
	l, err := lc.Listen(ctx, "tcp4", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}
	return l, nil
}

// maxAddress bounds a file with an address, in bytes.
const maxAddress = 4 << 10

// ReadAddress reads the file that a dashboard left.
func ReadAddress(file string) (Address, error) {
	var a Address
	info, err := os.Stat(file)
	if err != nil {
		return a, fmt.Errorf("dashboard: %w", err)
	}
	if info.Size() > maxAddress {
		return a, fmt.Errorf("dashboard: %s is too large", file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return a, fmt.Errorf("dashboard: %w", err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("dashboard: %s: %w", file, err)
	}
	return a, nil
}

// readAddress gives what an earlier life left for the same user alone.
func readAddress(file string) Address {
	if info, err := os.Stat(file); file == "" || err != nil || info.Mode().Perm()&0o077 != 0 {
		return Address{}
	}
	a, err := ReadAddress(file)
	if err != nil || a.Port < 1 || a.Port > 65535 || len(a.Token) < minToken {
		return Address{}
	}
	return a
}

// URL is the page's address with the token.
func (s *Server) URL() string { return s.address.URL }

// Close ends the dashboard, and removes its file unless a later life is to take over.
func (s *Server) Close(keepFile bool) error {
	s.feed.stop()
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	s.served.Wait()
	s.feed.wait()
	if s.o.File != "" && !keepFile {
		if gone := os.Remove(s.o.File); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, fmt.Errorf("dashboard: %w", gone))
		}
	}
	if err != nil {
		return fmt.Errorf("dashboard: closing: %w", err)
	}
	return nil
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, a := range []struct{ path, file, kind string }{
		{"/{$}", "index.html", "text/html; charset=utf-8"},
		{"/page.css", "page.css", "text/css; charset=utf-8"},
		{"/page.js", "page.js", "text/javascript; charset=utf-8"},
		{"/timeline.js", "timeline.js", "text/javascript; charset=utf-8"},
	} {
		text, err := assets.ReadFile("page/" + a.file)
		if err != nil {
			panic(err) // it is part of the program
		}
		mux.HandleFunc("GET "+a.path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", a.kind)
			_, _ = w.Write(text) // a browser that is gone wants nothing
		})
	}
	mux.HandleFunc("GET /events", s.feed.serve)
	mux.HandleFunc("GET /report", s.report)
	mux.HandleFunc("GET /story", s.story)
	mux.Handle("GET /metrics", metricsHandler(s.source, s.o.Log))
	return mux
}

func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	report, err := s.source.Report(ctx, 0)
	s.answer(w, report, err)
}

func (s *Server) story(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	story, err := s.source.Story(ctx, r.URL.Query().Get("task"))
	s.answer(w, story, err)
}

func (s *Server) answer(w http.ResponseWriter, content any, err error) {
	switch {
	case errors.Is(err, controller.ErrNoTask):
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(content) // a browser that is gone wants nothing
}
