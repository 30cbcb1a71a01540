package notebook

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
)

// idForm is what nbformat 4.5 allows as the id of a cell.
var idForm = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// newID makes the id of a cell.
func newID() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// giveIDs gives ids to the cells that have none, or another cell's.
func (nb *Notebook) giveIDs() {
	seen := map[string]bool{}
	for _, c := range nb.Cells {
		for !idForm.MatchString(c.ID) || seen[c.ID] {
			c.ID = newID()
		}
		seen[c.ID] = true
	}
}

// Validate says what of the notebook nbformat 4.5 does not allow.
func (nb *Notebook) Validate() error {
	seen := map[string]bool{}
	for i, c := range nb.Cells {
		if err := c.validate(); err != nil {
			return fmt.Errorf("notebook: cell %d: %w", i+1, err)
		}
		if seen[c.ID] {
			return fmt.Errorf("notebook: cell %d: id %s is another cell's too", i+1, c.ID)
		}
		seen[c.ID] = true
	}
	return nil
}

func (c *Cell) validate() error {
	if !idForm.MatchString(c.ID) {
		return fmt.Errorf("id %q: want 1 to 64 letters, digits, - and _", c.ID)
	}
	switch c.Type {
	case Markdown, Raw:
		if len(c.Outputs) > 0 || c.Count != nil {
			return fmt.Errorf("a %s cell has outputs", c.Type)
		}
	case Code:
	default:
		return fmt.Errorf("cell_type %q: want code, markdown or raw", c.Type)
	}
	for i, o := range c.Outputs {
		if err := o.validate(); err != nil {
			return fmt.Errorf("output %d: %w", i+1, err)
		}
	}
	return nil
}

func (o Output) validate() error {
	want := map[string][]string{
		"stream": {"name", "text"}, "display_data": {"data", "metadata"},
		"execute_result": {"data", "metadata", "execution_count"}, "error": {"ename", "evalue", "traceback"},
	}[o.Type()]
	if want == nil {
		return fmt.Errorf("output_type %q is not known", o.Type())
	}
	for _, key := range want {
		v, ok := o[key]
		if !ok {
			return fmt.Errorf("%s without %s", o.Type(), key)
		}
		switch key {
		case "name", "text", "ename", "evalue":
			if _, ok = v.(string); !ok {
				return fmt.Errorf("%s: a %T, want a string", key, v)
			}
		case "data", "metadata":
			if _, ok = v.(map[string]any); !ok {
				return fmt.Errorf("%s: a %T, want an object", key, v)
			}
		case "traceback":
			if _, ok = v.([]any); !ok {
				return fmt.Errorf("%s: a %T, want a list", key, v)
			}
		}
	}
	return nil
}

// Tags gives the tags of a cell.
func (c *Cell) Tags() []string {
	var tags []string
	list, _ := c.Metadata["tags"].([]any)
	for _, t := range list {
		tags = append(tags, text(t))
	}
	return tags
}

// Tagged says whether a cell has a tag.
func (c *Cell) Tagged(tag string) bool { return slices.Contains(c.Tags(), tag) }
