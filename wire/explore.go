package wire

import "encoding/json"

// VarsRequest asks a namespace about its variables and about what runs in it: content Vars. It is answered beside a running cell. Reading
// what a cell writes must not harm the namespace: what cannot be read now is told as busy.
const VarsRequest = "gale_vars_request"

// What a Vars asks for.
const (
	VarsList     = "list"     // the variables of cells, sorted, without functions and types
	VarsOne      = "one"      // the variable Name alone
	VarsChildren = "children" // fields, elements, entries or target of the value Ref
	VarsRich     = "rich"     // the display bundle of the variable Name
	VarsStack    = "stack"    // the frames of cells that run
)

// Vars is the content of a gale_vars_request.
type Vars struct {
	Op    string `json:"op"`
	Name  string `json:"name,omitempty"`
	Ref   int    `json:"ref,omitempty"`
	Start int    `json:"start,omitempty"` // of the children
	Count int    `json:"count,omitempty"` // of the children at most; 0: as many as the namespace gives at once
}

// VarsReply is the content of a gale_vars_reply. Status is "error" with a Failure when the name or reference is not known.
type VarsReply struct {
	Reply
	Vars     []VarInfo       `json:"vars,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"` // rich: of a display bundle
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Frames   []FrameInfo     `json:"frames,omitempty"` // the innermost first
	// Busy says that user code runs: values were read beside it, so their own methods were not called and maps not looked into.
	Busy bool `json:"busy,omitempty"`
}

// VarInfo is a variable or a part of one.
type VarInfo struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Value   string `json:"value"`             // shortened
	Ref     int    `json:"ref,omitempty"`     // to ask for its children with; 0: it has none
	Named   int    `json:"named,omitempty"`   // number of fields and entries
	Indexed int    `json:"indexed,omitempty"` // number of elements
	Bytes   int64  `json:"bytes,omitempty"`   // list: estimate of the memory that it holds; 0 while user code runs
	Cell    int    `json:"defined,omitempty"` // list: the cell that defined it
	Place   string `json:"place,omitempty"`   // Go expression: model.Rho[3]; empty where there is none
}

// FrameInfo is one frame of a stack.
type FrameInfo struct {
	Function string `json:"function"`
	Cell     int    `json:"cell,omitempty"` // 0: not of a cell
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	// Goroutine tells goroutines of cells apart; State is what it does: "running", "chan receive", "sleep" …
	Goroutine int    `json:"goroutine,omitempty"`
	State     string `json:"state,omitempty"`
}

// Names of failures that a kernel tells apart.
const (
	NameDied     = "NamespaceDied"     // the process of the namespace ended
	NoCommTarget = "CommTargetUnknown" // comm_open names a target that nobody has registered
)

// TakeRequest asks a namespace for everything that its variables hold, so that another one can begin with it. It has no content.
const TakeRequest = "gale_take_request"

// TakeReply is the content of its reply. Buffers are value.Pack of the values of Vars. A PrepareRequest whose VarRefs have no hash gives
// values to another namespace as its own.
type TakeReply struct {
	Reply
	Session string   `json:"session"`
	Vars    []VarRef `json:"vars,omitempty"`
	Types   []string `json:"types,omitempty"`   // types of the session, by their names
	Refused []string `json:"refused,omitempty"` // what cannot travel, and why
}
