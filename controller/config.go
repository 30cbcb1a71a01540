package controller

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// maxConfig bounds a config file, in bytes.
const maxConfig = 1 << 20

// readConfig reads the profile's config files: the JSON one, and of the Python one the lines that set a trait to a literal.
func readConfig(dir string) (settings []setting, warnings []string) {
	if text := readBounded(filepath.Join(dir, "ipcontroller_config.json")); text != nil {
		var classes map[string]json.RawMessage
		if err := json.Unmarshal(text, &classes); err != nil {
			warnings = append(warnings, fmt.Sprintf("config file: %v", err))
		}
		for class, raw := range classes {
			var traits map[string]any
			if json.Unmarshal(raw, &traits) != nil {
				continue // "version"
			}
			for name, v := range traits {
				settings = append(settings, setting{class + "." + name, fmt.Sprint(v)})
			}
		}
	}
	if text := readBounded(filepath.Join(dir, "ipcontroller_config.py")); text != nil {
		more, bad := pythonConfig(text)
		settings = append(settings, more...)
		warnings = append(warnings, bad...)
	}
	return settings, warnings
}

// readBounded gives nil for a file that is not there or too large.
func readBounded(path string) []byte {
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxConfig {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return text
}

var assignment = regexp.MustCompile(`^c\.(\w+\.\w+)\s*=\s*(?:(\d+)|'([^'\\]*)'|"([^"\\]*)"|(True|False))\s*(?:#.*)?$`)

// pythonConfig reads c.Class.trait = literal; it runs nothing.
func pythonConfig(text []byte) (settings []setting, warnings []string) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "c = get_config") {
			continue
		}
		m := assignment.FindStringSubmatch(line)
		if m == nil {
			warnings = append(warnings, fmt.Sprintf("ipcontroller_config.py, line %d is not read: want c.Class.trait = literal", n))
			continue
		}
		settings = append(settings, setting{m[1], m[2] + m[3] + m[4] + m[5]})
	}
	return settings, warnings
}
