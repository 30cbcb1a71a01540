package install

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// UserDir is the data folder of Jupyter for this user.
func UserDir() (string, error) {
	if d := os.Getenv("JUPYTER_DATA_DIR"); d != "" {
		return d, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("install: looking for the user's folder: no home; give a --prefix")
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Jupyter"), nil
	}
	if d := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "jupyter"), nil
	}
	return filepath.Join(home, ".local", "share", "jupyter"), nil
}

// RuntimeDir is where connection files of running kernels are.
func RuntimeDir() (string, error) {
	if d := os.Getenv("JUPYTER_RUNTIME_DIR"); d != "" {
		return d, nil
	}
	data, err := UserDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(data, "runtime"), nil
}

// PrefixDir is the data folder under a prefix, for instance /usr/local or a Python environment.
func PrefixDir(prefix string) string { return filepath.Join(prefix, "share", "jupyter") }

// SysPrefixDir is the data folder of the Python environment that is active: a virtual one, or conda's.
func SysPrefixDir() (string, error) {
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if p := os.Getenv(name); p != "" {
			return PrefixDir(p), nil
		}
	}
	return "", errors.New("install: no Python environment is active: neither VIRTUAL_ENV nor CONDA_PREFIX is set; give its folder as --prefix")
}

// SystemDir is the data folder for all users.
func SystemDir() string { return PrefixDir("/usr/local") }

// Places gives the data folders that Jupyter searches, in its order.
func Places() []string {
	places := filepath.SplitList(os.Getenv("JUPYTER_PATH"))
	user, err := UserDir()
	if err == nil {
		places = append(places, user)
	}
	if d, err := SysPrefixDir(); err == nil {
		places = append(places, d)
	}
	return append(places, SystemDir(), PrefixDir("/usr"))
}
