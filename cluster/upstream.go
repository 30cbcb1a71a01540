package cluster

import (
	"path/filepath"
	"strconv"
)

// upstreamPath is the file in which ipyparallel's ClusterManager looks for a cluster.
func upstreamPath(profile, id string) string {
	return filepath.Join(profile, "security", "cluster-"+id+".json")
}

// upstream describes the cluster as ipyparallel's Cluster.to_dict does, so that `ipcluster list` shows it, Cluster.from_file connects to
// it, and its stop works: as local processes, since only of these it can tell whether they live. A process that it stops ends with
// status 0, and that is not a death.
func (c *Cluster) upstream(s State) map[string]any {
	process := func(name string, pid int) map[string]any {
		return map[string]any{
			"profile_dir": s.Profile, "cluster_id": s.ID, "state": "running", "pid": pid, "output_file": c.o.log(name),
		}
	}
	sets := map[string]any{}
	engines := map[string]any{}
	for _, u := range s.Units {
		if u.Where == "" && u.Pid > 0 {
			e := process(u.Name, u.Pid)
			e["n"] = u.Engines
			engines[strconv.Itoa(len(engines))] = e
		}
	}
	if len(engines) > 0 {
		sets["gale"] = map[string]any{
			"profile_dir": s.Profile, "cluster_id": s.ID, "state": "running", "pid": -1, "output_file": "", "n": len(engines), "engines": engines,
		}
	}
	return map[string]any{
		"cluster": map[string]any{
			"class":       "ipyparallel.cluster.cluster.Cluster",
			"cluster_id":  s.ID,
			"profile_dir": s.Profile,
			"n":           s.Asked,
		},
		"controller": map[string]any{"class": "local", "state": process("controller", s.Controller)},
		"engines":    map[string]any{"class": "local", "sets": sets},
	}
}
