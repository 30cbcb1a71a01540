package zmtp

import (
	"strings"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	reply := func(Msg) [][]byte { return nil }
	hello := func(string) [][]byte { return nil }
	for name, c := range map[string]struct {
		typ Type
		o   Options
		ok  bool
	}{
		"zero":                      {Router, Options{}, true},
		"all":                       {XPub, Options{ID: "x", Welcome: hello, Heartbeat: time.Second, MaxPeers: 1}, true},
		"rep":                       {Rep, Options{Reply: reply}, true},
		"slow retry":                {Dealer, Options{RetryMin: 10 * time.Second}, true},
		"unknown type":              {"PAIR", Options{}, false},
		"lower case":                {"router", Options{}, false},
		"long id":                   {Dealer, Options{ID: strings.Repeat("x", 256)}, false},
		"id of ours":                {Dealer, Options{ID: "\x00x"}, false},
		"handover of a DEALER":      {Dealer, Options{Handover: true}, false},
		"REP without Reply":         {Rep, Options{}, false},
		"Reply on a ROUTER":         {Router, Options{Reply: reply}, false},
		"Welcome on a ROUTER":       {Router, Options{Welcome: hello}, false},
		"negative queue":            {Router, Options{QueueMsgs: -1}, false},
		"negative limit":            {Router, Options{Limits: Limits{MaxFrame: -1}}, false},
		"timeout without heartbeat": {Router, Options{HBTimeout: time.Second}, false},
		"timeout within a beat":     {Router, Options{Heartbeat: time.Second, HBTimeout: time.Second}, false},
		"retry":                     {Dealer, Options{RetryMin: time.Second, RetryMax: time.Millisecond}, false},
	} {
		s, err := New(c.typ, c.o)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if s != nil {
			_ = s.Close(0)
		}
	}
}
