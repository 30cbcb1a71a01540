package kernel

import "strings"

type isCompleteReply struct {
	Status string  `json:"status"`
	Indent *string `json:"indent,omitempty"` // present, perhaps empty, when incomplete
}

// isComplete answers is_complete_request. A cell that begins with a cell magic ends with an empty line.
func (k *Kernel) isComplete(r *request) any {
	var c struct {
		Code string `json:"code"`
	}
	if err := r.Content(&c); err != nil {
		return badRequest(err)
	}
	var s Completeness
	if first := strings.TrimSpace(c.Code); strings.HasPrefix(first, "%%") && len(first) > 2 && isLetter(first[2]) {
		s.State = Incomplete
		if n := strings.LastIndexByte(c.Code, '\n'); n >= 0 && strings.TrimSpace(c.Code[n:]) == "" {
			s.State = Complete
		}
	} else {
		s = k.o.Compiler.Status(masked(c.Code))
	}
	a := isCompleteReply{Status: string(s.State)}
	if s.State == Incomplete {
		a.Indent = &s.Indent
	}
	return a
}

func isLetter(b byte) bool { return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '_' }
