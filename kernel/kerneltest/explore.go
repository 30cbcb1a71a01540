package kerneltest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/galeproject/gale/wire"
)

func contains(raw []byte, text string) bool { return bytes.Contains(raw, []byte(text)) }

// debug sends a debug_request and gives the response's body; it must succeed.
func (c *Client) debug(command string, arguments any) map[string]any {
	c.t.Helper()
	a := c.command(command, arguments)
	if a["success"] != true {
		c.t.Fatalf("%s: %v", command, a)
	}
	body, _ := a["body"].(map[string]any)
	return body
}

func (c *Client) command(command string, arguments any) map[string]any {
	c.t.Helper()
	a := c.ask(Control, "debug_request", map[string]any{"type": "request", "seq": 7, "command": command, "arguments": arguments})
	if a["type"] != "response" || a["request_seq"] != 7.0 || a["command"] != command || a["success"] == nil {
		c.t.Errorf("%s: %v", command, a)
	}
	return a
}

// Debugger promises: the protocol of variable explorers: each command has a response, and what is not offered fails with a message.
func Debugger(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	info := c.debug("debugInfo", nil)
	if info["isStarted"] != false || info["hashMethod"] != "Murmur2" || info["hashSeed"] != float64(0xC70F6907) || info["tmpFileSuffix"] != ".go" ||
		info["richRendering"] != true || fmt.Sprint(info["breakpoints"]) != "[]" || fmt.Sprint(info["stoppedThreads"]) != "[]" {
		t.Errorf("%v", info)
	}
	c.debug("initialize", map[string]any{"clientID": "test"})
	c.debug("attach", map[string]any{})
	c.Heard("initialized", func(m *wire.Message) bool {
		return m.Header.MsgType == "debug_event" && str(m, "event") == "initialized"
	})
	c.debug("configurationDone", nil)
	if info := c.debug("debugInfo", nil); info["isStarted"] != true {
		t.Errorf("%v", info)
	}
	set := c.debug("setBreakpoints", map[string]any{"source": map[string]any{"path": "/tmp/1.go"}, "breakpoints": []any{map[string]any{"line": 3}}})
	points, _ := set["breakpoints"].([]any)
	if point, _ := points[0].(map[string]any); len(points) != 1 || point["verified"] != false || point["message"] == "" {
		t.Errorf("%v", set)
	}
	for _, command := range []string{"source", "stepIn", "continue", "evaluate", "copyToGlobals", "nonsense", ""} {
		if a := c.command(command, map[string]any{}); a["success"] != false || a["message"] == nil {
			t.Errorf("%v", a)
		}
	}
	if a := c.command("variables", "wrong"); a["success"] != false {
		t.Errorf("%v", a)
	}
	c.debug("disconnect", nil)
	if info := c.debug("debugInfo", nil); info["isStarted"] != false {
		t.Errorf("%v", info)
	}
}

// DumpCell promises: the source of a cell is named by the hash that front ends compute.
func DumpCell(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	prefix := fmt.Sprint(c.debug("debugInfo", nil)["tmpFilePrefix"])
	// hashes as ipykernel computes them
	for code, hash := range map[string]string{"": "3990065800", "i = 0\n": "4219922794", "é🐱": "3736989166"} {
		if path := c.debug("dumpCell", map[string]any{"code": code})["sourcePath"]; path != prefix+hash+".go" {
			t.Errorf("%q: %v, want %s", code, path, prefix+hash+".go")
		}
	}
}

// Variables promises: the variables of cells with their values, what they consist of, and how they look.
func Variables(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	mustBeOK(t, c.Execute("word := \"gale\"\nn := 42", nil))
	vars, _ := c.debug("inspectVariables", nil)["variables"].([]any)
	found := map[string]map[string]any{}
	for _, v := range vars {
		m, _ := v.(map[string]any)
		found[fmt.Sprint(m["name"])] = m
	}
	if n := found["n"]; len(vars) != 2 || n["value"] != "42" || n["type"] != "int" || n["variablesReference"] != 0.0 || n["evaluateName"] != "n" {
		t.Errorf("%v", vars)
	}
	if rich := c.debug("richInspectVariables", map[string]any{"variableName": "n"}); !strings.Contains(fmt.Sprint(rich["data"]), "42") || rich["metadata"] == nil {
		t.Errorf("%v", rich)
	}
	for _, arguments := range []map[string]any{{"variableName": "nowhere"}, {}} {
		if a := c.command("richInspectVariables", arguments); a["success"] != false {
			t.Errorf("%v", a)
		}
	}
	if a := c.command("variables", map[string]any{"variablesReference": 1 << 30}); a["success"] != false {
		t.Errorf("%v", a)
	}
}

// VariablesBeside promises: the same while a cell runs, and the stack of that cell.
func VariablesBeside(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	mustBeOK(t, c.Execute("n := 42", nil))
	if frames, _ := c.debug("stackTrace", map[string]any{"threadId": 1})["stackFrames"].([]any); len(frames) != 0 {
		t.Errorf("at rest: %v", frames)
	}
	id := busy(c, "for {\n}")
	if vars := fmt.Sprint(c.debug("inspectVariables", nil)); !strings.Contains(vars, "42") {
		t.Error(vars)
	}
	frames, _ := c.debug("stackTrace", map[string]any{"threadId": 1})["stackFrames"].([]any)
	if len(frames) == 0 || !strings.Contains(fmt.Sprint(frames), "cell[") {
		t.Errorf("%v", frames)
	}
	c.ask(Control, "interrupt_request", nil)
	c.Wait(id)
}

// Usage promises: processors and memory of the kernel and of the machine.
func Usage(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	a := c.ask(Control, "usage_request", nil)
	host, _ := a["host_virtual_memory"].(map[string]any)
	memory, _ := a["kernel_memory"].(float64)
	total, _ := host["total"].(float64)
	if a["hostname"] == "" || a["pid"] == nil || a["cpu_count"] == nil || memory < 1<<20 || total < memory || a["kernel_cpu"] == nil {
		t.Errorf("%v", a)
	}
	if _, ok := a["host_cpu_percent"]; ok {
		t.Errorf("a percentage of no time: %v", a)
	}
	for _, key := range []string{"available", "percent", "used", "free", "active", "inactive", "buffers", "cached", "shared", "slab"} {
		if _, ok := host[key].(float64); !ok {
			t.Errorf("%s: %v", key, host[key])
		}
	}
}

// SilentIdle promises: a kernel that nobody asks says nothing.
func SilentIdle(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	c.Execute("1", nil)
	before := len(strings.Split(c.Transcript(), "\n"))
	id := c.Send(Control, "kernel_info_request", nil)
	c.Idle(id)
	if n := len(strings.Split(c.Transcript(), "\n")); n != before+2 {
		t.Errorf("%d messages more than busy and idle:\n%s", n-before-2, c.Transcript())
	}
}

// ReplyChannel promises: a reply goes out by the channel that its request came by.
func ReplyChannel(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	for _, on := range []Channel{Shell, Control} {
		for _, msgType := range []string{"kernel_info_request", "interrupt_request", "comm_info_request", "usage_request"} {
			id := c.Send(on, msgType, nil)
			c.Reply(on, id)
			c.Idle(id)
			c.mu.Lock()
			for _, m := range c.replies[1-on] {
				if isParent(m, id) {
					t.Errorf("%s was answered by channel %d", msgType, 1-on)
				}
			}
			c.mu.Unlock()
		}
	}
}

// Features promises: what kernel_info announces is answered.
func Features(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	if got := fmt.Sprint(c.ask(Shell, "kernel_info_request", nil)["supported_features"]); got != "[kernel subshells debugger]" {
		t.Errorf("%s", got)
	}
	c.subshells()
	c.debug("debugInfo", nil)
}
