package controller

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// makeFolders makes the profile's folder as IPython lays it out.
func makeFolders(dir string) error {
	for _, name := range []string{"security", "log", "pid", "startup"} {
		mode := fs.FileMode(0o755)
		if name == "security" {
			mode = 0o700
		}
		if err := os.MkdirAll(filepath.Join(dir, name), mode); err != nil {
			return fmt.Errorf("controller: making the profile: %w", err)
		}
	}
	return nil
}

// ConnectionFile gives the path of the connection file for "client" or "engine".
func (o *Options) ConnectionFile(side string) string {
	infix := ""
	if o.ClusterID != "" {
		infix = "-" + o.ClusterID
	}
	return filepath.Join(o.ProfileDir, "security", "ipcontroller"+infix+"-"+side+".json")
}

// LogFile gives the path of the log for LogToFile.
func (o *Options) LogFile() string {
	return filepath.Join(o.ProfileDir, "log", fmt.Sprintf("ipcontroller-%s-%d.log", o.ClusterID, os.Getpid()))
}

// stateFile names the table of engines, for Restore.
func (o *Options) stateFile() string {
	return filepath.Join(o.ProfileDir, "log", "engines"+o.ClusterID+".json")
}

// engineTable is the content of the state file.
type engineTable struct {
	Engines map[string]hub.UUID `json:"engines"`
	NextID  int                 `json:"next_id"`
	// About is what engines say of themselves, by id.
	About map[string]json.RawMessage `json:"gale,omitempty"`
}

// saveEngines writes who is here.
func (o *Options) saveEngines(engines []hub.EngineInfo, about map[hub.UUID]json.RawMessage) error {
	t := engineTable{Engines: map[string]hub.UUID{}, About: map[string]json.RawMessage{}}
	for _, e := range engines {
		t.Engines[strconv.Itoa(int(e.ID))] = e.UUID
		t.NextID = max(t.NextID, int(e.ID)+1)
		if a := about[e.UUID]; a != nil {
			t.About[strconv.Itoa(int(e.ID))] = a
		}
	}
	return wire.WriteFile(o.stateFile(), t)
}

// loadEngines gives who was here, and what they said of themselves.
func (o *Options) loadEngines() (all []hub.Recall, about map[hub.UUID]json.RawMessage, err error) {
	text, err := os.ReadFile(o.stateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("controller: restoring engines: %w", err)
	}
	var t engineTable
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, nil, fmt.Errorf("controller: restoring engines: %s: %w", o.stateFile(), err)
	}
	about = map[hub.UUID]json.RawMessage{}
	for id, uuid := range t.Engines {
		n, err := strconv.Atoi(id)
		if err != nil {
			return nil, nil, fmt.Errorf("controller: restoring engines: id %q: %w", id, err)
		}
		all = append(all, hub.Recall{UUID: uuid, ID: hub.EngineID(n)})
		if a := t.About[id]; len(a) > 0 && len(a) <= maxAbout {
			about[uuid] = a
		}
	}
	return all, about, nil
}

// files are the two connection files.
type files struct {
	client, engine wire.ClusterFile
}

// fill makes the files' contents of the ports that were bound.
func (o *Options) fill(port map[socket]int, key string) files {
	location := o.Location
	if location == "" {
		if name, err := os.Hostname(); err == nil {
			location = name
		}
	}
	base := wire.ClusterFile{
		Location: location, Registration: wire.Port(port[query]), Key: key, ClusterID: o.ClusterID,
		Pack: "json", Unpack: "json", Scheme: "hmac-sha256",
	}
	f := files{client: base, engine: base}
	f.client.Interface, f.engine.Interface = o.base(muxClient), o.base(muxEngine)
	f.client.SSH, f.engine.SSH = o.SSH, o.EngineSSH
	f.client.Control, f.engine.Control = wire.Port(port[controlClient]), wire.Port(port[controlEngine])
	f.client.Mux, f.engine.Mux = wire.Port(port[muxClient]), wire.Port(port[muxEngine])
	f.client.Task, f.engine.Task = wire.Port(port[taskClient]), wire.Port(port[taskEngine])
	f.client.IOPub, f.engine.IOPub = wire.Port(port[iopubClient]), wire.Port(port[iopubEngine])
	// Never "pure", which makes clients give up balanced tasks when an engine leaves.
	f.client.TaskScheme = "leastload"
	f.client.Notification = wire.Port(port[notification])
	f.client.Broadcast = json.RawMessage(strconv.Itoa(port[castClient]))
	f.engine.Broadcast = json.RawMessage("[" + strconv.Itoa(port[castEngine]) + "]")
	f.engine.HBPing, f.engine.HBPong = wire.Port(port[ping]), wire.Port(port[pong])
	return f
}

// earlier gives ports and key of files that are there, for Reuse.
func (o *Options) earlier() (port map[socket]int, key string, ok bool) {
	client, err1 := wire.ReadClusterFile(o.ConnectionFile("client"))
	engine, err2 := wire.ReadClusterFile(o.ConnectionFile("engine"))
	if err1 != nil || err2 != nil {
		return nil, "", false
	}
	one, err1 := client.BroadcastPorts()
	many, err2 := engine.BroadcastPorts()
	if err1 != nil || err2 != nil {
		return nil, "", false
	}
	return map[socket]int{
		query: int(client.Registration), muxClient: int(client.Mux), muxEngine: int(engine.Mux), taskClient: int(client.Task),
		taskEngine: int(engine.Task), castClient: int(one[0]), castEngine: int(many[0]), controlClient: int(client.Control),
		controlEngine: int(engine.Control), iopubClient: int(client.IOPub), iopubEngine: int(engine.IOPub),
		notification: int(client.Notification), ping: int(engine.HBPing), pong: int(engine.HBPong),
	}, client.Key, true
}

// write writes both files.
func (o *Options) write(f files) error {
	if err := wire.WriteFile(o.ConnectionFile("engine"), f.engine); err != nil {
		return err
	}
	return wire.WriteFile(o.ConnectionFile("client"), f.client)
}

// remove removes both files, unless they are to be used again.
func (o *Options) remove() error {
	if o.Reuse {
		return nil
	}
	var all error
	for _, path := range []string{o.ConnectionFile("client"), o.ConnectionFile("engine"), o.curvePath()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = errors.Join(all, fmt.Errorf("controller: removing connection file: %w", err))
		}
	}
	return all
}
