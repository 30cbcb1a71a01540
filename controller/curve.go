package controller

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// curveFile has the controller's own keys, which a controller that takes over needs: its peers know the public one.
type curveFile struct {
	Public string `json:"curve_publickey"`
	Secret string `json:"curve_secretkey"`
}

func (o *Options) curvePath() string {
	infix := ""
	if o.ClusterID != "" {
		infix = "-" + o.ClusterID
	}
	return filepath.Join(o.ProfileDir, "security", "ipcontroller"+infix+"-curve.json")
}

// curve gives the keys that were asked for, those of the last run if they are to be used again, or new ones; nil without CURVE.
func (o *Options) curve() (*zmtp.Curve, error) {
	if !o.Curve {
		return nil, nil
	}
	keys := curveFile{o.CurveKeys[0], o.CurveKeys[1]}
	if keys.Public == "" && keys.Secret == "" && o.Reuse {
		text, err := os.ReadFile(o.curvePath())
		if err == nil {
			err = json.Unmarshal(text, &keys)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("controller: reading the keys of the last run: %w", err)
		}
	}
	if keys.Public == "" && keys.Secret == "" {
		pair, err := zmtp.NewKeyPair()
		if err != nil {
			return nil, fmt.Errorf("controller: %w", err)
		}
		keys = curveFile{pair.Public.Z85(), pair.Secret.Z85()}
	}
	c, err := zmtp.CurveServer(keys.Public, keys.Secret)
	if err != nil {
		return nil, fmt.Errorf("controller: %w", err)
	}
	return c, wire.WriteFile(o.curvePath(), keys)
}
