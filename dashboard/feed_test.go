package dashboard_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/dashboard"
)

// events opens the feed and gives a function that waits for the next report.
func events(t *testing.T, host, token string) (next func() controller.Report, answer reply) {
	t.Helper()
	answer = request(t, "GET", host, "/events", "Authorization", "Bearer "+token)
	lines := bufio.NewReader(answer.body)
	return func() (r controller.Report) {
		t.Helper()
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if _, err := lines.ReadString('\n'); err != nil { // an empty one ends the event
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}, answer
}

func TestFeed(t *testing.T) {
	p := newPuppet()
	_, host, token := start(t, p, dashboard.Options{})
	request(t, "GET", host, "/?token="+token)
	request(t, "GET", host, "/page.js?token="+token)
	if len(p.asked) != 0 {
		t.Error("the controller is asked although nobody listens")
	}
	next, answer := events(t, host, token)
	if kind := answer.header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("content type %s", kind)
	}
	for range 3 {
		if r := next(); r.Done != 7 {
			t.Errorf("%+v", r)
		}
	}
	whole, later := 0, int64(0)
	for range 3 {
		if since := <-p.asked; since == 0 {
			whole++
		} else {
			later = max(later, since)
		}
	}
	if whole != 1 || later != 3 {
		t.Errorf("the page was told everything %d times, then what came after %d", whole, later)
	}
	second, _ := events(t, host, token)
	second()
	second()
}

func TestPagesAreBounded(t *testing.T) {
	p := newPuppet()
	_, host, token := start(t, p, dashboard.Options{})
	var open []func() controller.Report
	for range 32 {
		next, answer := events(t, host, token)
		if answer.status != http.StatusOK {
			t.Fatalf("status %d", answer.status)
		}
		open = append(open, next)
	}
	if _, answer := events(t, host, token); answer.status != http.StatusServiceUnavailable {
		t.Errorf("status %d of one page too many", answer.status)
	}
	for _, next := range open {
		next()
	}
}
