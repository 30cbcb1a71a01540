package kernel

import (
	"fmt"
	"strings"

	"github.com/galeproject/gale/wire"
)

type infoReply struct {
	Status         string     `json:"status"`
	Protocol       string     `json:"protocol_version"`
	Implementation string     `json:"implementation"`
	Version        string     `json:"implementation_version"`
	Language       language   `json:"language_info"`
	Banner         string     `json:"banner"`
	HelpLinks      []helpLink `json:"help_links"`
	Features       []string   `json:"supported_features"`
	Debugger       bool       `json:"debugger"`
}

type language struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	MIME       string `json:"mimetype"`
	Extension  string `json:"file_extension"`
	Lexer      string `json:"pygments_lexer"`
	CodeMirror string `json:"codemirror_mode"`
	Exporter   string `json:"nbconvert_exporter"`
}

type helpLink struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// info answers kernel_info_request.
func (k *Kernel) info(*request) any {
	return infoReply{
		Status: "ok", Protocol: wire.KernelVersion, Implementation: "gale", Version: k.version(),
		Language: language{
			Name: "go", Version: strings.TrimPrefix(k.o.GoVersion, "go"), MIME: "text/x-go", Extension: ".go",
			Lexer: "go", CodeMirror: "go", Exporter: "script",
		},
		Banner: fmt.Sprintf("gale %s: Go cells, compiled; %s\n%%help tells what else a cell can hold.", k.version(), k.o.GoVersion),
		HelpLinks: []helpLink{
			{"Go language", "https://go.dev/ref/spec"},
			{"Go packages", "https://pkg.go.dev/"},
			{"Gonum", "https://pkg.go.dev/gonum.org/v1/gonum"},
		},
		Features: []string{"kernel subshells", "debugger"}, Debugger: true,
	}
}

func (k *Kernel) version() string {
	if k.o.Version == "" {
		return "devel"
	}
	return k.o.Version
}

type connectReply struct {
	Status    string    `json:"status"`
	Shell     wire.Port `json:"shell_port"`
	IOPub     wire.Port `json:"iopub_port"`
	Stdin     wire.Port `json:"stdin_port"`
	Heartbeat wire.Port `json:"hb_port"`
	Control   wire.Port `json:"control_port"`
}

// connect answers connect_request, which is deprecated and still asked.
func (k *Kernel) connect(*request) any {
	f := k.o.Connection
	return connectReply{"ok", f.Shell, f.IOPub, f.Stdin, f.Heartbeat, f.Control}
}
