package wire

import "strings"

// Failure is the content of an error: of a reply (status "error"), and of the error message on iopub.
type Failure struct {
	Status     string      `json:"status,omitempty"` // "error" in replies
	Name       string      `json:"ename"`
	Value      string      `json:"evalue"`
	Traceback  []string    `json:"traceback"` // never empty
	EngineInfo *EngineInfo `json:"engine_info,omitempty"`
}

// EngineInfo names the engine where an error happened.
type EngineInfo struct {
	EngineUUID string `json:"engine_uuid,omitempty"`
	EngineID   int    `json:"engine_id"`
	Method     string `json:"method,omitempty"` // "apply", "execute", or a gale request's name
}

// NewFailure makes the content of an error reply; without traceback it gets one line.
func NewFailure(name, value string, traceback ...string) Failure {
	if len(traceback) == 0 {
		traceback = []string{name + ": " + value}
	}
	return Failure{Status: "error", Name: name, Value: value, Traceback: traceback}
}

// Error makes a Failure an error.
func (f Failure) Error() string {
	if f.Name == "" {
		return f.Value
	}
	return strings.TrimSuffix(f.Name+": "+f.Value, ": ")
}
