package kernel

type cursor struct {
	Code   string `json:"code"`
	Cursor *int   `json:"cursor_pos"` // code points; absent: the end
	Detail int    `json:"detail_level"`
}

// offset gives the cursor in bytes.
func (c cursor) offset() int {
	if c.Cursor == nil {
		return len(c.Code)
	}
	return byteOffset(c.Code, *c.Cursor)
}

type completeReply struct {
	Status   string           `json:"status"`
	Matches  []string         `json:"matches"`
	Start    int              `json:"cursor_start"`
	End      int              `json:"cursor_end"`
	Metadata completeMetadata `json:"metadata"`
}

type completeMetadata struct {
	Types []completeType `json:"_jupyter_types_experimental"`
}

type completeType struct {
	Start     int    `json:"start"`
	End       int    `json:"end"`
	Text      string `json:"text"`
	Type      string `json:"type"`
	Signature string `json:"signature"`
}

// kindNames are the front ends' words for kinds; others are the same.
var kindNames = map[string]string{"type": "class", "variable": "instance", "constant": "instance"}

// complete answers complete_request. No match is no error.
func (k *Kernel) complete(r *request) any {
	var c cursor
	if err := r.Content(&c); err != nil {
		return badRequest(err)
	}
	at := c.offset()
	found, isMagic := k.completeMagic(c.Code, at)
	if !isMagic {
		found = k.o.Compiler.Complete(masked(c.Code), at)
	}
	if found.Start < 0 || found.End > len(c.Code) || found.Start > found.End || len(found.Candidates) == 0 {
		found = Completion{Start: at, End: at}
	}
	a := completeReply{Status: "ok", Matches: []string{}, Start: codePoints(c.Code, found.Start), End: codePoints(c.Code, found.End)}
	a.Metadata.Types = []completeType{}
	for _, m := range found.Candidates {
		kind := m.Kind
		if name, ok := kindNames[kind]; ok {
			kind = name
		}
		a.Matches = append(a.Matches, m.Text)
		a.Metadata.Types = append(a.Metadata.Types, completeType{a.Start, a.End, m.Text, kind, m.Signature})
	}
	return a
}
