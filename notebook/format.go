package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// maxFile bounds a notebook, in bytes.
const maxFile = 1 << 30

// Types of cells.
const (
	Code     = "code"
	Markdown = "markdown"
	Raw      = "raw"
)

// Notebook is a file of nbformat 4.5.
type Notebook struct {
	Cells    []*Cell
	Metadata map[string]any
	rest     map[string]any // fields that are not known
}

// Cell is one cell.
type Cell struct {
	ID       string
	Type     string
	Source   string
	Metadata map[string]any
	Outputs  []Output // of a code cell
	Count    *int     // execution count of a code cell; nil: not run
	rest     map[string]any
}

// Output is one output in the form of nbformat, but that texts are whole strings: output_type is "stream", "display_data",
// "execute_result" or "error".
type Output map[string]any

// Type gives the output_type.
func (o Output) Type() string { return text(o["output_type"]) }

func text(v any) string {
	s, _ := v.(string)
	return s
}

// ReadFile reads a notebook.
func ReadFile(path string) (*Notebook, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("notebook: reading: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("notebook: reading %s: %d bytes are too many", path, info.Size())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("notebook: reading: %w", err)
	}
	nb, err := Read(f)
	if cerr := f.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("notebook: reading: %w", cerr)
	}
	if err != nil {
		return nil, fmt.Errorf("%w (in %s)", err, path)
	}
	return nb, nil
}

// Read reads and validates a notebook of nbformat 4; cells without an id get one.
func Read(r io.Reader) (*Notebook, error) {
	d := json.NewDecoder(r)
	d.UseNumber() // numbers stay as they are written
	var top map[string]any
	if err := d.Decode(&top); err != nil {
		return nil, fmt.Errorf("notebook: reading: %w", err)
	}
	if major := fmt.Sprint(top["nbformat"]); major != "4" {
		return nil, fmt.Errorf("notebook: reading: nbformat %s, want 4", major)
	}
	nb := &Notebook{rest: top}
	var err error
	if nb.Metadata, err = takeMap(top, "metadata"); err != nil {
		return nil, fmt.Errorf("notebook: reading: %w", err)
	}
	cells, ok := top["cells"].([]any)
	if !ok {
		return nil, errors.New("notebook: reading: cells: want a list")
	}
	delete(top, "cells")
	for i, c := range cells {
		fields, ok := c.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("notebook: reading: cell %d: want an object", i+1)
		}
		cell, err := readCell(fields)
		if err != nil {
			return nil, fmt.Errorf("notebook: reading: cell %d: %w", i+1, err)
		}
		nb.Cells = append(nb.Cells, cell)
	}
	nb.giveIDs()
	return nb, nb.Validate()
}

func readCell(fields map[string]any) (*Cell, error) {
	c := &Cell{ID: text(fields["id"]), Type: text(fields["cell_type"]), rest: fields}
	var err error
	if c.Source, err = joined(fields["source"]); err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	if c.Metadata, err = takeMap(fields, "metadata"); err != nil {
		return nil, err
	}
	if c.Type == Code {
		outputs, _ := fields["outputs"].([]any)
		for i, o := range outputs {
			m, ok := o.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("output %d: want an object", i+1)
			}
			if err := joinOutput(m); err != nil {
				return nil, fmt.Errorf("output %d: %w", i+1, err)
			}
			c.Outputs = append(c.Outputs, m)
		}
		if n, ok := fields["execution_count"].(json.Number); ok {
			count, err := n.Int64()
			if err != nil {
				return nil, fmt.Errorf("execution_count: %w", err)
			}
			small := int(count)
			c.Count = &small
		}
	}
	for _, key := range []string{"id", "cell_type", "source", "outputs", "execution_count"} {
		delete(fields, key)
	}
	return c, nil
}

// takeMap takes an object out of fields; an absent one is empty.
func takeMap(fields map[string]any, key string) (map[string]any, error) {
	v, ok := fields[key]
	delete(fields, key)
	if !ok {
		return map[string]any{}, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: want an object", key)
	}
	return m, nil
}

// joined gives a text that is a string or a list of strings.
func joined(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []any:
		var b strings.Builder
		for _, line := range v {
			s, ok := line.(string)
			if !ok {
				return "", fmt.Errorf("a line is a %T, want a string", line)
			}
			b.WriteString(s)
		}
		return b.String(), nil
	}
	return "", fmt.Errorf("a %T, want a string or a list of strings", v)
}

// joinOutput makes the texts of an output whole.
func joinOutput(o map[string]any) error {
	if v, ok := o["text"]; ok {
		s, err := joined(v)
		if err != nil {
			return fmt.Errorf("text: %w", err)
		}
		o["text"] = s
	}
	data, _ := o["data"].(map[string]any)
	for mime, v := range data {
		if isJSON(mime) {
			continue
		}
		s, err := joined(v)
		if err != nil {
			return fmt.Errorf("%s: %w", mime, err)
		}
		data[mime] = s
	}
	return nil
}

// isJSON says whether a MIME type is stored as JSON and not as text.
func isJSON(mime string) bool { return mime == "application/json" || strings.HasSuffix(mime, "+json") }

// split splits a text for the file, as Jupyter does: line ends stay with their lines.
func split(s string) []string {
	l := strings.SplitAfter(s, "\n")
	if l[len(l)-1] == "" {
		l = l[:len(l)-1]
	}
	return l
}

// Encode gives the file: sorted keys, one space of indent, as Jupyter writes it.
func (nb *Notebook) Encode() ([]byte, error) {
	top := map[string]any{}
	maps.Copy(top, nb.rest)
	top["nbformat"], top["nbformat_minor"], top["metadata"] = 4, 5, nb.Metadata
	cells := []any{}
	for _, c := range nb.Cells {
		cells = append(cells, c.fields())
	}
	top["cells"] = cells
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(top); err != nil {
		return nil, fmt.Errorf("notebook: writing: %w", err)
	}
	return b.Bytes(), nil
}

func (c *Cell) fields() map[string]any {
	f := map[string]any{}
	maps.Copy(f, c.rest)
	f["id"], f["cell_type"], f["metadata"], f["source"] = c.ID, c.Type, c.Metadata, split(c.Source)
	if c.Metadata == nil {
		f["metadata"] = map[string]any{}
	}
	if c.Type != Code {
		return f
	}
	outputs := []any{}
	for _, o := range c.Outputs {
		outputs = append(outputs, o.fields())
	}
	f["outputs"], f["execution_count"] = outputs, c.Count
	return f
}

func (o Output) fields() map[string]any {
	f := map[string]any{}
	for key, v := range o {
		switch key {
		case "text":
			f[key] = split(text(v))
		case "data":
			data := map[string]any{}
			old, _ := v.(map[string]any)
			for mime, v := range old {
				if s, ok := v.(string); ok && !isJSON(mime) {
					data[mime] = splitData(mime, s)
				} else {
					data[mime] = v
				}
			}
			f[key] = data
		default:
			f[key] = v
		}
	}
	return f
}

// splitData splits text, and leaves pictures in one string.
func splitData(mime, s string) any {
	if strings.HasPrefix(mime, "text/") || mime == "image/svg+xml" || mime == "application/javascript" {
		return split(s)
	}
	return s
}

// WriteFile writes the notebook so that nobody sees half of it: to a temporary name beside path, then renamed.
func (nb *Notebook) WriteFile(path string) error {
	data, err := nb.Encode()
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("notebook: writing: %w", err)
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Chmod(mode)
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("notebook: writing %s: %w", path, errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}
