package compile

import (
	"encoding/json"
	"path"
	"path/filepath"
	"strings"
)

// embedConfig tells the compiler which files the patterns of a package's embed directives mean.
func embedConfig(p *listed) []byte {
	config := struct {
		Patterns map[string][]string
		Files    map[string]string
	}{map[string][]string{}, map[string]string{}}
	for _, f := range p.EmbedFiles {
		config.Files[f] = filepath.Join(p.Dir, f)
	}
	for _, pattern := range p.EmbedPatterns {
		list := []string{}
		for _, f := range p.EmbedFiles {
			if embeds(strings.TrimPrefix(pattern, "all:"), f) {
				list = append(list, f)
			}
		}
		config.Patterns[pattern] = list
	}
	b, err := json.Marshal(config)
	if err != nil {
		return nil // strings always marshal
	}
	return b
}

// embeds says whether a pattern means a file, or a directory that it lies in.
func embeds(pattern, file string) bool {
	for f := file; f != "." && f != "/"; f = path.Dir(f) {
		if ok, err := path.Match(pattern, f); err == nil && ok {
			return true
		}
	}
	return pattern == "."
}
