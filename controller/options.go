package controller

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/galeproject/gale/hub"
)

// Options of a controller. [Defaults] gives usable ones, [ParseArgs] reads them as ipcontroller's command line does.
type Options struct {
	ProfileDir string // folder of security, log, pid, startup; made when missing
	ClusterID  string // infix of the connection files' names

	IP        string // to listen on: an address, or * for all
	EngineIP  string // for engines, if it differs
	ClientIP  string // for clients, if it differs
	Location  string // name or address of this host for peers elsewhere; "": the host's name
	Transport string // tcp or ipc

	Ports       []int // to listen on, for both sides, after those of
	EnginePorts []int // engines and of
	ClientPorts []int // clients; when they are used up, any free port is taken

	Key       string    // that messages are signed with; "": a new one
	Insecure  bool      // sign nothing
	Curve     bool      // encrypt all connections; nothing is signed then unless Key is set
	CurveKeys [2]string // public and secret key in Z85; "": new ones
	Reuse     bool      // take key and ports from the connection files that are there, and leave the files at the end
	Restore   bool      // and let the engines of the last run come back
	SSH       string    // server through which clients tunnel
	EngineSSH string    // and engines

	// Watch is how often the connections of Go engines are tried: one that is silent for three times as long is dead; 0: never.
	Watch time.Duration

	// Dashboard is for whoever serves one; the controller itself does not look at it.
	Dashboard     bool
	DashboardPort int // 0: any

	Hub         hub.Options
	RecordLimit int // tasks that have ended and whose records are kept in memory; 0: none are kept anywhere
	RecordBytes int // and the bytes of their messages; what goes beyond is in the store

	NoJournal bool    // keep nothing that outlives the process
	Journal   Journal // nil: files in the profile
	NoStore   bool    // records beyond the memory are dropped
	Store     Store   // nil: a file in the profile
	KeepStore bool    // also that of an earlier run
	StoreFile string  // ""
	Retain    Retain  // what the file keeps

	Log *slog.Logger // nil: silent

	// What the caller does with the process; the controller itself does not look at these.
	Version   bool // print Version and end
	Help      bool // print Usage and end
	LogLevel  slog.Level
	LogToFile bool   // log to File("log", …)
	WorkDir   string // change to it
}

// Retain bounds what is kept on disk of tasks that have ended; 0: no bound.
type Retain struct {
	Count int
	Bytes int64
	Age   time.Duration
}

// Defaults gives the options of a controller without arguments: loopback only, memory for 16,384 records and 256 MB, on disk 65,536
// records, 4 GB and 30 days.
func Defaults() Options {
	return Options{
		IP: "127.0.0.1", Transport: "tcp", RecordLimit: 1 << 14, RecordBytes: 256 << 20, LogLevel: slog.LevelInfo,
		Watch:  defaultWatch,
		Retain: Retain{Count: 1 << 16, Bytes: 4 << 30, Age: 30 * 24 * time.Hour},
	}
}

// Usage says what [ParseArgs] understands.
const Usage = `gale controller: schedules work onto engines; stands in for ipcontroller

  --profile NAME, --profile-dir DIR, --ipython-dir DIR   where connection files go (~/.ipython/profile_default)
  --cluster-id ID           infix of the connection files' names
  --ip ADDRESS              listen on this address, * for all (127.0.0.1); --engine-ip, --client-ip if they differ
  --location HOST           name of this host for peers elsewhere
  --ports 10101-10120       ports to use; --port N for registration
  --transport tcp|ipc
  --reuse, --restore        same ports and key as last time; and the same engines, work and results
  --keyfile FILE, --no-secure
  --enable-curve            encrypt and authenticate all connections; the key goes into the connection files
  --ssh SERVER, --enginessh SERVER
  --scheme leastload|lru|plainrandom|twobin|weighted, --hwm N
  --order turns|arrival     serve clients in turn (default), or tasks by arrival
  --ping MS                 heartbeat period (3000); --HeartMonitor.max_heartmonitor_misses N (10)
  --watch MS                how often connections of Go engines are tried (1000; 0: never); silent for three times as long they are dead
  --dashboard, --dashboard-port N   a page that shows engines and tasks, on loopback, and metrics for Prometheus; its address is in the log
  --sqlitedb                keep records of ended tasks, also those of earlier runs; default: those of this run and what it restores
  --dictdb, --nodb          keep records in memory alone, or none
  --DictDB.record_limit N, --DictDB.size_limit BYTES      records in memory (16384, 256 MB); what goes beyond is on disk
  --record-limit N, --record-bytes BYTES, --record-days N records on disk (65536, 4 GB, 30)
  --nojournal               let work under way be lost when the controller is killed
  --log-level LEVEL, --debug, --quiet, --log-to-file, --work-dir DIR
  --version, --help

Environment: IPP_PROFILE_DIR, IPP_CLUSTER_ID, IPP_SESSION_KEY, IPYTHONDIR, IPP_ENABLE_CURVE, IPP_CURVE_PUBLICKEY, IPP_CURVE_SECRETKEY
`

// setting is one option as it was given.
type setting struct{ key, value string }

// ParseArgs reads a command line in the style of traitlets: --x=y, --x y, --Class.trait=y, -V. getenv looks up the
// environment. What is not known is a warning, since launchers pass on what their users add; what is known and wrong is an
// error. Config files of the profile are read, the command line comes after them.
func ParseArgs(args []string, getenv func(string) string) (o Options, warnings []string, err error) {
	o = Defaults()
	given, rest := split(args)
	for _, word := range rest {
		warnings = append(warnings, fmt.Sprintf("argument %q is ignored", word))
	}
	o.ProfileDir = profileDir(given, getenv)
	o.ClusterID = getenv("IPP_CLUSTER_ID")
	o.Key = getenv("IPP_SESSION_KEY")
	o.Curve = getenv("IPP_ENABLE_CURVE") == "1"
	o.CurveKeys = [2]string{getenv("IPP_CURVE_PUBLICKEY"), getenv("IPP_CURVE_SECRETKEY")}
	fromFiles, more := readConfig(o.ProfileDir)
	warnings = append(warnings, more...)
	for _, s := range append(fromFiles, given...) {
		known, err := o.set(s.key, s.value)
		if err != nil {
			return o, warnings, fmt.Errorf("controller: option --%s=%s: %w", s.key, s.value, err)
		}
		if !known {
			warnings = append(warnings, fmt.Sprintf("option --%s is not known", s.key))
		}
	}
	return o, warnings, nil
}

// flags take no value.
var flags = strings.Fields("usethreads dashboard sqlitedb mongodb dictdb nodb reuse restore secure no-secure enable-curve nojournal log-to-file debug quiet init clean-logs version V help h")

// split makes settings of arguments; rest is what belongs to no option.
func split(args []string) (given []setting, rest []string) {
	for i := 0; i < len(args); i++ {
		name, isOption := strings.CutPrefix(args[i], "-")
		if !isOption {
			rest = append(rest, args[i])
			continue
		}
		name = strings.TrimPrefix(name, "-")
		key, value, has := strings.Cut(name, "=")
		if !has && !slices.Contains(flags, key) && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			i++
			value = args[i]
		}
		given = append(given, setting{key, value})
	}
	return given, rest
}

// profileDir finds the profile's folder by the command line, the environment and the customs of IPython.
func profileDir(given []setting, getenv func(string) string) string {
	dir, name, base := getenv("IPP_PROFILE_DIR"), "", getenv("IPYTHONDIR")
	for _, s := range given {
		switch s.key {
		case "profile-dir", "ProfileDir.location":
			dir = s.value
		case "profile", "BaseIPythonApplication.profile", "IPControllerApp.profile":
			name = s.value
		case "ipython-dir", "BaseIPythonApplication.ipython_dir":
			base = s.value
		}
	}
	if base == "" {
		base = filepath.Join(getenv("HOME"), ".ipython")
	}
	if name != "" {
		return filepath.Join(base, "profile_"+name)
	}
	if dir != "" {
		return dir
	}
	return filepath.Join(base, "profile_default")
}

// set takes one setting and says whether it is known.
func (o *Options) set(key, value string) (known bool, err error) {
	switch key {
	case "profile-dir", "ProfileDir.location", "profile", "ipython-dir", "BaseIPythonApplication.profile",
		"IPControllerApp.profile", "BaseIPythonApplication.ipython_dir": // profileDir did
	case "usethreads", "init", "config", "user", "ident", "log-url", "clean-logs",
		"IPController.registration_timeout", "Session.username", "Session.session", "TaskScheduler.log_level":
		// what they ask for makes no difference here
	case "cluster-id", "IPController.cluster_id":
		o.ClusterID = value
	case "ip", "IPController.ip":
		o.IP = value
	case "engine-ip", "IPController.engine_ip":
		o.EngineIP = value
	case "client-ip", "IPController.client_ip":
		o.ClientIP = value
	case "location", "IPController.location":
		o.Location = value
	case "transport", "IPController.transport":
		if value != "tcp" && value != "ipc" {
			return true, fmt.Errorf("want tcp or ipc")
		}
		o.Transport = value
	case "reuse", "IPController.reuse_files":
		o.Reuse = truth(value)
	case "restore", "IPController.restore_engines":
		o.Restore = truth(value)
		o.Reuse = o.Reuse || o.Restore
	case "ssh", "IPController.ssh_server":
		o.SSH = value
	case "enginessh", "IPController.engine_ssh_server":
		o.EngineSSH = value
	case "secure":
		o.Insecure = false
	case "no-secure":
		o.Insecure = true
	case "Session.key":
		o.Key = value
	case "keyfile", "Session.keyfile":
		text, err := os.ReadFile(value)
		if err != nil {
			return true, err
		}
		o.Key = strings.TrimSpace(string(text))
	case "enable-curve", "IPController.enable_curve":
		o.Curve = truth(value)
	case "IPController.curve_publickey":
		o.CurveKeys[0] = value
	case "IPController.curve_secretkey":
		o.CurveKeys[1] = value
	default:
		return o.setMore(key, value)
	}
	return true, nil
}

// setMore takes the settings of ports, scheduler, records and logging.
func (o *Options) setMore(key, value string) (known bool, err error) {
	switch key {
	case "port", "IPController.regport":
		var p []int
		p, err = ports(value)
		o.EnginePorts = append(p, o.EnginePorts...)
	case "ports", "IPController.ports":
		o.Ports, err = ports(value)
	case "engine-ports", "IPController.engine_ports":
		o.EnginePorts, err = ports(value)
	case "client-ports", "IPController.client_ports":
		o.ClientPorts, err = ports(value)
	case "scheme", "TaskScheduler.scheme_name":
		if value != "pure" { // no scheduler at all: clients then give up when an engine leaves
			o.Hub.Scheme, err = hub.ParseScheme(value)
		}
	case "hwm", "TaskScheduler.hwm":
		var n int
		if n, err = count(value); n == 0 {
			n = -1
		}
		o.Hub.HighWater = n
	case "ping", "HeartMonitor.period":
		var n int
		if n, err = count(value); err == nil && n == 0 {
			err = fmt.Errorf("want a number of ms above 0")
		}
		o.Hub.Period = time.Duration(n) * time.Millisecond
	case "HeartMonitor.max_heartmonitor_misses":
		o.Hub.Misses, err = count(value)
	case "watch":
		var n int
		n, err = count(value)
		o.Watch = time.Duration(n) * time.Millisecond
	case "dashboard":
		o.Dashboard = truth(value)
	case "dashboard-port":
		o.Dashboard = true
		if o.DashboardPort, err = count(value); o.DashboardPort > 65535 {
			err = fmt.Errorf("want a port")
		}
	case "order", "TaskScheduler.order":
		if value != "turns" && value != "arrival" {
			return true, fmt.Errorf("want turns or arrival")
		}
		o.Hub.Arrival = value == "arrival"
	case "nojournal", "IPController.no_journal":
		o.NoJournal = truth(value)
	case "dictdb", "sqlitedb", "mongodb", "nodb":
		o.database(key)
	case "IPController.db_class", "db":
		o.database(value)
	case "record-limit":
		o.Retain.Count, err = count(value)
	case "record-bytes":
		var n int
		n, err = count(value)
		o.Retain.Bytes = int64(n)
	case "record-days":
		var n int
		n, err = count(value)
		o.Retain.Age = time.Duration(n) * 24 * time.Hour
	case "SQLiteDB.filename", "SQLiteDB.location":
		o.storePath(key, value)
	case "DictDB.record_limit":
		o.RecordLimit, err = count(value)
	case "DictDB.size_limit":
		o.RecordBytes, err = count(value)
	case "DictDB.cull_fraction", "SQLiteDB.table":
	case "log-level", "Application.log_level", "IPControllerApp.log_level":
		o.LogLevel, err = level(value)
	case "debug":
		o.LogLevel = slog.LevelDebug
	case "quiet":
		o.LogLevel = slog.LevelError + 4
	case "log-to-file", "IPControllerApp.log_to_file", "BaseParallelApplication.log_to_file":
		o.LogToFile = truth(value)
	case "work-dir", "BaseParallelApplication.work_dir":
		o.WorkDir = value
	case "version", "V":
		o.Version = true
	case "help", "h", "help-all":
		o.Help = true
	default:
		return false, nil
	}
	return true, err
}

// database chooses what is kept of tasks that have ended, by the names of ipcontroller's flags and classes.
func (o *Options) database(name string) {
	switch name = strings.ToLower(name); {
	case strings.Contains(name, "nodb"):
		o.RecordLimit, o.NoStore = 0, true
	case strings.Contains(name, "dictdb"):
		o.RecordLimit, o.NoStore = max(o.RecordLimit, Defaults().RecordLimit), true
	default: // on disk, whichever way
		o.RecordLimit, o.NoStore, o.KeepStore = max(o.RecordLimit, Defaults().RecordLimit), false, true
	}
}

// storePath places the file of the records; ipcontroller has its folder and its name apart.
func (o *Options) storePath(key, value string) {
	dir, name := filepath.Split(o.storeFile())
	if key == "SQLiteDB.filename" {
		name = value
	} else {
		dir = value
	}
	o.StoreFile = filepath.Join(dir, name)
}

// truth reads a flag: given without a value it is set.
func truth(s string) bool {
	switch strings.ToLower(s) {
	case "0", "false", "no", "off", "none":
		return false
	}
	return true
}

func count(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("want a number from 0 up")
	}
	return n, nil
}

// ports reads "10101-10103,10110" and "[10101, 10102]".
func ports(s string) ([]int, error) {
	var all []int
	for word := range strings.SplitSeq(strings.Trim(s, "[]()"), ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		from, to, isRange := strings.Cut(word, "-")
		a, err1 := strconv.Atoi(strings.TrimSpace(from))
		b, err2 := a, error(nil)
		if isRange {
			b, err2 = strconv.Atoi(strings.TrimSpace(to))
		}
		if err1 != nil || err2 != nil || a < 1 || b > 65535 || b < a {
			return nil, fmt.Errorf("want ports like 10101-10120 or 10101,10102")
		}
		for p := a; p <= b; p++ {
			all = append(all, p)
		}
	}
	return all, nil
}

// level reads a level of Python's logging, by number or name.
func level(s string) (slog.Level, error) {
	names := map[string]int{"DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
	n, named := names[strings.ToUpper(s)]
	if !named {
		var err error
		if n, err = count(s); err != nil {
			return 0, fmt.Errorf("want a number or a name like INFO")
		}
	}
	return slog.Level((n/10 - 2) * 4), nil // DEBUG 10 is -4, INFO 20 is 0
}
