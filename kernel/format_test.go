package kernel_test

import (
	"fmt"
	"strings"
	"testing"
)

// A cell that is to be formatted comes back to the front end, and does not run.
func TestFormat(t *testing.T) {
	c := commKernel(t)
	r := c.Execute("%%fmt\nx:=1\n!ls\n", nil)
	if got := fmt.Sprint(r.Reply["payload"]); !strings.Contains(got, "set_next_input") || !strings.Contains(got, "replace:true") || !strings.Contains(got, "text:formatted: x:=1\n!ls") {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Execute("%%fmt\nx := (", nil); !strings.Contains(fmt.Sprint(r.Reply["evalue"]), "%%fmt: no Go") {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Execute("x", nil); r.Status() != "error" {
		t.Errorf("the cell ran: %v", r.Reply)
	}
}
