package wire

import (
	"encoding/json"
	"fmt"
)

// Message types of gale's own requests. They travel through mux, task, broadcast and the private socket of a kernel and its
// child, and are sent only to engines that registered with kind "go". Each is answered by its reply type and, like an
// execute_request, framed by status busy and idle on iopub.
const (
	RunRequest     = "gale_run_request"     // run a module's cell: content Run, buffers of module.Encode
	PrepareRequest = "gale_prepare_request" // load modules, keep values of variables: content Prepare
	CallRequest    = "gale_call_request"    // call a function: content Call
	NamesRequest   = "gale_names_request"   // set, get, delete, list variables: content Names
	ObjectsRequest = "gale_objects_request" // list, name, delete objects: content Objects
)

// HostRequest is what a kernel's child asks its kernel: content HostQuestion. It is answered by a HostReply with a HostAnswer.
const (
	HostRequest = "gale_host_request"
	HostReply   = "gale_host_reply"
)

// SeenRequest tells a kernel's child, on control, that the kernel has passed on a display and everything that was printed before it. It
// has no reply.
const SeenRequest = "gale_seen_request"

// Seen is the content of a gale_seen_request.
type Seen struct {
	MsgID MsgID `json:"msg_id"` // of the display
}

// HostQuestion is the content of a gale_host_request.
type HostQuestion struct {
	Ask     string          `json:"ask"` // cluster, compile, declare …
	Content json.RawMessage `json:"content,omitempty"`
}

// HostAnswer is the content of a gale_host_reply. Value says what went wrong when Status is "error".
type HostAnswer struct {
	Status  string          `json:"status"`
	Value   string          `json:"evalue,omitempty"`
	Content json.RawMessage `json:"content,omitempty"`
}

// KindGo is the kind that Go engines register with; Python engines have none.
const KindGo = "go"

// ReplyType gives the reply type of a request type.
func ReplyType(request string) string {
	const suffix = "_request"
	if n := len(request) - len(suffix); n > 0 && request[n:] == suffix {
		return request[:n] + "_reply"
	}
	return request + "_reply"
}

// Output is something to publish on iopub under the request that caused it: stream, display_data, execute_result,
// update_display_data, clear_output, error …
type Output struct {
	MsgType  string
	Content  json.RawMessage
	Metadata json.RawMessage
	Buffers  [][]byte
	// Stream is what a stream says, in place of Content: text that has not been encoded yet, and is when it is published.
	Stream *Stream
}

// Stream is the content of a stream message.
type Stream struct {
	Name string `json:"name"` // stdout or stderr
	Text string `json:"text"`
}

// Said gives what a stream says, however it is held.
func (o Output) Said() (s Stream, err error) {
	if o.Stream != nil {
		return *o.Stream, nil
	}
	if err := json.Unmarshal(o.Content, &s); err != nil {
		return s, fmt.Errorf("wire: content of a stream: %w", err)
	}
	return s, nil
}

// Run is the content of a gale_run_request.
type Run struct {
	Silent bool `json:"silent,omitempty"` // show no result
	// LoadOnly registers the module's names without running its cell.
	LoadOnly bool `json:"load_only,omitempty"`
	// AllowStdin says that the front end answers questions: a read of os.Stdin asks it; otherwise it is the end of the file.
	AllowStdin bool `json:"allow_stdin,omitempty"`
	// Request is the front end's request, by which questions and stacks name the cell; may be empty.
	Request MsgID `json:"request,omitempty"`
}

// Reply is what every reply has. Status is "ok", "error" or "aborted"; the fields of Failure are set with "error".
type Reply struct {
	Status         string `json:"status"`
	ExecutionCount int    `json:"execution_count,omitempty"`
	*Failure       `json:",omitempty"`
	// Lacks is set when the engine could not begin, because modules or values have not reached it.
	Lacks *Lacks `json:"lacks,omitempty"`
}

// Lacks lists what must be sent in a gale_prepare_request before the request is sent again.
type Lacks struct {
	Modules []ModuleRef `json:"modules,omitempty"`
	Vars    []VarRef    `json:"vars,omitempty"`
}

// ModuleRef names a module.
type ModuleRef struct {
	Session string `json:"session"`
	Gen     int    `json:"gen"`
}

// VarRef names one value of a notebook's variable.
type VarRef struct {
	Name   string `json:"name"`
	Symbol string `json:"symbol"`
	Hash   string `json:"hash"` // hexadecimal, of the encoded value
}

// Prepare is the content of a gale_prepare_request. Buffers: two for each module (module.Encode), then those of
// value.Pack over the values in the order of Vars.
type Prepare struct {
	Modules int      `json:"modules"`
	Session string   `json:"session,omitempty"` // of the modules that declare Vars; empty: that of the first module here
	Vars    []VarRef `json:"vars,omitempty"`
}

// Call is the content of a gale_call_request: one function called for one or more items. Buffers are value.Pack of the captures
// (when Captures), then of every argument that is neither an object nor a reference, in order.
type Call struct {
	Module   ModuleRef `json:"module"`
	Symbol   string    `json:"symbol"` // of the function
	Captures bool      `json:"captures,omitempty"`
	Vars     []VarRef  `json:"vars,omitempty"`  // notebook variables that it reads
	Needs    []VarRef  `json:"needs,omitempty"` // engine's own variables that it reads; no hash
	Items    []Item    `json:"items"`
	Keep     bool      `json:"keep,omitempty"` // results stay here as the items' objects
	// Fold has the function, which joins two values, join all arguments of an item from the left; there may be just one.
	Fold string `json:"fold,omitempty"`
}

// What a Fold joins: values of the function's type, or maps of them by their keys. Of maps the first must be an object.
const (
	FoldValues = "values"
	FoldMaps   = "maps"
)

// Item is one application of the function.
type Item struct {
	Args []Arg      `json:"args,omitempty"`
	Keep *ObjectRef `json:"keep,omitempty"` // name for the result when it stays
}

// Arg is one argument: an object that lives on the engine, the value of a name there, or the next packed value.
type Arg struct {
	Object *ObjectRef `json:"object,omitempty"`
	Ref    string     `json:"ref,omitempty"`
}

// ObjectRef names an object on its engine.
type ObjectRef struct {
	Set   string `json:"set"` // unique id of the set of objects that one call made
	Index int    `json:"index"`
}

// CallReply is the content of a gale_call_reply. Buffers are value.Pack of the results of items that succeeded and were not
// kept, in order. Status is "ok" when the request was carried out, even if items failed.
type CallReply struct {
	Reply
	Items []ItemReply `json:"items,omitempty"`
}

// ItemReply tells what became of one item.
type ItemReply struct {
	Failure *Failure    `json:"failure,omitempty"`
	Void    bool        `json:"void,omitempty"` // the function has no result but perhaps an error
	Kept    *ObjectInfo `json:"kept,omitempty"`
}

// ObjectInfo describes an object.
type ObjectInfo struct {
	ObjectRef
	Name    string     `json:"name,omitempty"` // name of its set, when it has one
	Of      int        `json:"of,omitempty"`   // number of objects in the set
	Type    string     `json:"type"`
	Bytes   int64      `json:"bytes"`
	Seconds float64    `json:"seconds"`           // it took to make
	Columns [][]string `json:"columns,omitempty"` // name and text of what it says of itself
	Owner   string     `json:"owner,omitempty"`   // session of the client that made it
	TypeID  string     `json:"type_id,omitempty"` // tells types of one name apart: that of the named type within Type
}

// Objects is the content of a gale_objects_request.
type Objects struct {
	List   bool        `json:"list,omitempty"`
	Set    string      `json:"set,omitempty"`  // Name and Of are given to the objects of this set
	Name   string      `json:"name,omitempty"` // named objects outlive their client
	Of     int         `json:"of,omitempty"`
	Delete []ObjectRef `json:"delete,omitempty"`
	Owner  string      `json:"owner,omitempty"` // with Delete empty and Release: all unnamed objects of this client
	// Release frees what an owner that has gone left behind.
	Release bool `json:"release,omitempty"`
}

// ObjectsReply is the content of a gale_objects_reply.
type ObjectsReply struct {
	Reply
	Objects []ObjectInfo `json:"objects,omitempty"`
}

// Names is the content of a gale_names_request; its parts are done in the order of the fields. Buffers are value.Pack of the
// values of Set; every value is encoded as an interface, so it carries its type.
type Names struct {
	Set    []string `json:"set,omitempty"`
	Get    []string `json:"get,omitempty"`
	Delete []string `json:"delete,omitempty"`
	Clear  bool     `json:"clear,omitempty"`
	List   bool     `json:"list,omitempty"`
}

// NamesReply is the content of a gale_names_reply; its buffers are value.Pack of the values of Get.
type NamesReply struct {
	Reply
	Names []NameInfo `json:"names,omitempty"`
}

// NameInfo describes a variable.
type NameInfo struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Bytes int64  `json:"bytes,omitempty"`
	Text  string `json:"text,omitempty"` // shortened
}
