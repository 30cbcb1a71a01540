package dashboard_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/dashboard"
)

var _ dashboard.Source = (*controller.Controller)(nil)

// puppet is a source that says what it is told to, and that it was asked.
type puppet struct {
	report controller.Report
	asked  chan int64
}

func newPuppet() *puppet {
	return &puppet{asked: make(chan int64, 1000), report: controller.Report{
		Now: time.Unix(1000, 0), Seq: 3, Done: 7, Engines: []controller.EngineReport{{ID: 0, Kind: "go", Memory: 5}, {ID: 1, Kind: "python"}},
		Runs: controller.Histogram{Bounds: []float64{1, 2}, Counts: []uint64{1, 2, 3}, Sum: 9},
	}}
}

func (p *puppet) Report(_ context.Context, since int64) (controller.Report, error) {
	p.asked <- since
	return p.report, nil
}

func (p *puppet) Story(_ context.Context, task string) (controller.Story, error) {
	if task != "t" {
		return controller.Story{}, controller.ErrNoTask
	}
	return controller.Story{Task: "t", State: "done", Steps: []controller.Step{}}, nil
}

func start(t *testing.T, p *puppet, o dashboard.Options) (s *dashboard.Server, host, token string) {
	t.Helper()
	s, err := dashboard.Start(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(false); err != nil {
			t.Error(err)
		}
	})
	rest, token, ok := strings.Cut(s.URL(), "/?token=")
	if !ok {
		t.Fatal(s.URL())
	}
	return s, strings.TrimPrefix(rest, "http://"), token
}

// reply is what a server answered; its body is closed at the test's end.
type reply struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    io.Reader
}

// request asks for a path with headers; a header Host takes the place of the address.
func request(t *testing.T, method, host, path string, headers ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return reply{answer.StatusCode, answer.Header, answer.Cookies(), answer.Body}
}

func TestWhoMaySee(t *testing.T) {
	_, host, token := start(t, newPuppet(), dashboard.Options{})
	port := host[strings.LastIndexByte(host, ':'):]
	bearer := "Bearer " + token
	for _, c := range []struct {
		name, method, path string
		headers            []string
		want               int
	}{
		{"with the token", "GET", "/?token=" + token, nil, 200},
		{"with the token, by another name of loopback", "GET", "/?token=" + token, []string{"Host", "localhost" + port}, 200},
		{"a bearer", "GET", "/metrics", []string{"Authorization", bearer}, 200},
		{"as Jupyter's clients say it", "HEAD", "/report", []string{"Authorization", "token " + token}, 200},
		{"nothing", "GET", "/", nil, 401},
		{"another token", "GET", "/?token=" + token[1:] + "0", nil, 401},
		{"a part of the token", "GET", "/?token=" + token[:20], nil, 401},
		{"an empty token", "GET", "/?token=", nil, 401},
		{"an empty bearer", "GET", "/metrics", []string{"Authorization", "Bearer "}, 401},
		{"the token as a password", "GET", "/metrics", []string{"Authorization", "Basic " + token}, 401},
		{"the token as a cookie", "GET", "/", []string{"Cookie", "gale-dashboard-" + port[1:] + "=" + token}, 401},
		{"a name that leads here", "GET", "/?token=" + token, []string{"Host", "evil.example" + port}, 421},
		{"our address with another port", "GET", "/?token=" + token, []string{"Host", "127.0.0.1:1"}, 421},
		{"our address without a port", "GET", "/?token=" + token, []string{"Host", "127.0.0.1"}, 421},
		{"a script of another page", "GET", "/report", []string{"Authorization", bearer, "Origin", "http://evil.example"}, 403},
		{"a script of another local server", "GET", "/report", []string{"Authorization", bearer, "Origin", "http://127.0.0.1:8888"}, 403},
		{"a sandboxed page", "GET", "/report", []string{"Authorization", bearer, "Origin", "null"}, 403},
		{"our own page", "GET", "/report", []string{"Authorization", bearer, "Origin", "http://" + host, "Sec-Fetch-Site", "same-origin"}, 200},
		{"a picture in another page", "GET", "/?token=" + token, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, 403},
		{"a frame in another page", "GET", "/?token=" + token, []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 403},
		{"a link in another page", "GET", "/?token=" + token, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 200},
		{"a link to data", "GET", "/report?token=" + token, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 403},
		{"a form", "POST", "/?token=" + token, nil, 405},
		{"no such page", "GET", "/page/index.html", []string{"Authorization", bearer}, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := request(t, c.method, host, c.path, c.headers...)
			if answer.status != c.want {
				t.Errorf("status %d, want %d", answer.status, c.want)
			}
			if cookies := answer.cookies; len(cookies) > 0 && answer.status != http.StatusOK {
				t.Errorf("who was refused got %v", cookies)
			}
			for _, h := range []string{"Content-Security-Policy", "X-Frame-Options", "Cross-Origin-Resource-Policy"} {
				if answer.header.Get(h) == "" {
					t.Errorf("no %s", h)
				}
			}
			if answer.header.Get("Access-Control-Allow-Origin") != "" {
				t.Error("other pages may read the answer")
			}
		})
	}
}

func TestCookieStandsForTheToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dashboard.json")
	s, host, token := start(t, newPuppet(), dashboard.Options{File: file})
	cookies := request(t, "GET", host, "/?token="+token).cookies
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode || strings.Contains(cookies[0].Value, token) {
		t.Fatalf("%v", cookies)
	}
	if got := request(t, "GET", host, "/page.js", "Cookie", cookies[0].Name+"="+cookies[0].Value).status; got != 200 {
		t.Errorf("status %d with the cookie", got)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	a, err := dashboard.ReadAddress(file)
	if err != nil || a.URL != s.URL() || a.Pid != os.Getpid() {
		t.Errorf("%+v, %v", a, err)
	}
	// One that was started again is found by the pages that are open.
	if err := s.Close(true); err != nil {
		t.Fatal(err)
	}
	_, again, same := start(t, newPuppet(), dashboard.Options{File: file})
	if again != host || same != token {
		t.Errorf("%s and another token; before %s", again, host)
	}
	if got := request(t, "GET", host, "/page.js", "Cookie", cookies[0].Name+"="+cookies[0].Value).status; got != 200 {
		t.Errorf("status %d with the cookie after a restart", got)
	}
}

func TestWeakTokensAndOpenFilesAreNotUsed(t *testing.T) {
	if _, err := dashboard.Start(t.Context(), newPuppet(), dashboard.Options{Token: "short"}); err == nil {
		t.Error("a short token is taken")
	}
	file := filepath.Join(t.TempDir(), "dashboard.json")
	if err := os.WriteFile(file, []byte(`{"port": 1, "token": "0123456789abcdef0123456789abcdef"}`), 0o644); err != nil { //nolint:gosec // that is the point
		t.Fatal(err)
	}
	if _, _, token := start(t, newPuppet(), dashboard.Options{File: file}); token == "0123456789abcdef0123456789abcdef" {
		t.Error("a token that others could read is taken")
	}
}

func TestStoryAndMetrics(t *testing.T) {
	_, host, token := start(t, newPuppet(), dashboard.Options{})
	get := func(path string) (int, string) {
		answer := request(t, "GET", host, path, "Authorization", "Bearer "+token)
		text, err := io.ReadAll(answer.body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.status, string(text)
	}
	if code, text := get("/story?task=t"); code != 200 || !strings.Contains(text, `"state":"done"`) {
		t.Errorf("%d %s", code, text)
	}
	if code, _ := get("/story?task=x"); code != 404 {
		t.Errorf("status %d of a story that nobody knows", code)
	}
	_, text := get("/metrics")
	lines := strings.Split(text, "\n")
	for _, want := range []string{
		`gale_engines{kind="go"} 1`, `gale_engines{kind="python"} 1`, `gale_tasks_ended_total{outcome="done"} 7`, `gale_engines_memory_bytes 5`,
		`gale_task_run_seconds_bucket{le="2"} 3`, `gale_task_run_seconds_count 6`, `gale_task_run_seconds_sum 9`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}
