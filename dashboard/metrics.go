package dashboard

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/galeproject/gale/controller"
)

// metric is a number of a report; of has its values by label.
type metric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(r *controller.Report) map[string]float64
}

// collector makes metrics of a report, which it asks for when they are fetched.
type collector struct {
	source      Source
	metrics     []metric
	waits, runs *prometheus.Desc
}

// one is the value of a metric without labels.
func one(v float64) map[string]float64 { return map[string]float64{"": v} }

func newCollector(source Source) *collector {
	c := &collector{
		source: source,
		waits:  prometheus.NewDesc("gale_task_wait_seconds", "Time from a task's arrival to its engine.", nil, nil),
		runs:   prometheus.NewDesc("gale_task_run_seconds", "Time of a task on its engine, the ways there and back included.", nil, nil),
	}
	add := func(kind prometheus.ValueType, name, help, label string, of func(r *controller.Report) map[string]float64) {
		var labels []string
		if label != "" {
			labels = []string{label}
		}
		c.metrics = append(c.metrics, metric{prometheus.NewDesc("gale_"+name, help, labels, nil), kind, of})
	}
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	add(gauge, "engines", "Engines that are here.", "kind", func(r *controller.Report) map[string]float64 {
		n := map[string]float64{"go": 0, "python": 0}
		for _, e := range r.Engines {
			if e.Kind != "go" {
				e.Kind = "python"
			}
			n[e.Kind]++
		}
		return n
	})
	add(gauge, "engines_memory_bytes", "Resident memory of all engines, as far as they said.", "", func(r *controller.Report) map[string]float64 {
		sum := 0.0
		for _, e := range r.Engines {
			sum += float64(e.Memory)
		}
		return one(sum)
	})
	add(gauge, "tasks", "Tasks that have not ended, by state; whole broadcasts are apart from their parts.", "state", func(r *controller.Report) map[string]float64 {
		return map[string]float64{"waiting": float64(r.Waiting), "running": float64(r.Running), "broadcast": float64(max(0, r.Live-r.Waiting-r.Running))}
	})
	add(gauge, "engine_queue", "Tasks that engines have, balanced ones and others.", "queue", func(r *controller.Report) map[string]float64 {
		n := map[string]float64{"task": 0, "mux": 0}
		for _, e := range r.Engines {
			n["task"] += float64(e.Tasks)
			n["mux"] += float64(e.Queue)
		}
		return n
	})
	add(gauge, "clients", "Clients that are connected or wait for something.", "", func(r *controller.Report) map[string]float64 { return one(float64(r.Clients)) })
	add(counter, "tasks_arrived_total", "Tasks that came; a broadcast counts for each of its engines and once more.", "", func(r *controller.Report) map[string]float64 { return one(float64(r.Arrived)) })
	add(counter, "tasks_ended_total", "Tasks that ended, by outcome.", "outcome", func(r *controller.Report) map[string]float64 {
		return map[string]float64{"done": float64(r.Done), "failed": float64(r.Failed), "aborted": float64(r.Aborted)}
	})
	add(counter, "tasks_retried_total", "Tasks taken back from an engine to run again.", "", func(r *controller.Report) map[string]float64 { return one(float64(r.Retried)) })
	add(counter, "engines_lost_total", "Engines that left without a goodbye.", "", func(r *controller.Report) map[string]float64 { return one(float64(r.Lost)) })
	add(counter, "messages_dropped_total", "Messages that were malformed, unsigned or forged.", "", func(r *controller.Report) map[string]float64 { return one(float64(r.Dropped)) })
	add(counter, "relayed_bytes_total", "Bytes relayed.", "what", func(r *controller.Report) map[string]float64 {
		return map[string]float64{"request": float64(r.RequestBytes), "reply": float64(r.ReplyBytes), "output": float64(r.OutputBytes)}
	})
	add(gauge, "records", "Records of ended tasks in memory.", "", func(r *controller.Report) map[string]float64 { return one(float64(r.Records)) })
	add(gauge, "stored_bytes", "Bytes of records in memory, of the journal and of the store on disk.", "where", func(r *controller.Report) map[string]float64 {
		return map[string]float64{"records": float64(r.RecordBytes), "journal": float64(r.JournalBytes), "store": float64(r.StoreBytes)}
	})
	add(gauge, "journal_broken", "1 while the journal cannot be written and no work is taken.", "", func(r *controller.Report) map[string]float64 {
		if r.JournalError != "" {
			return one(1)
		}
		return one(0)
	})
	return c
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range c.metrics {
		out <- m.desc
	}
	out <- c.waits
	out <- c.runs
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	r, err := c.source.Report(ctx, 1)
	if err != nil {
		out <- prometheus.NewInvalidMetric(c.waits, err)
		return
	}
	for _, m := range c.metrics {
		for label, v := range m.of(&r) {
			var labels []string
			if label != "" {
				labels = []string{label}
			}
			out <- prometheus.MustNewConstMetric(m.desc, m.kind, v, labels...)
		}
	}
	out <- histogram(c.waits, r.Waits)
	out <- histogram(c.runs, r.Runs)
}

// histogram makes a metric of times by size.
func histogram(desc *prometheus.Desc, h controller.Histogram) prometheus.Metric {
	buckets, n := map[float64]uint64{}, uint64(0)
	for i, count := range h.Counts {
		n += count
		if i < len(h.Bounds) {
			buckets[h.Bounds[i]] = n
		}
	}
	return prometheus.MustNewConstHistogram(desc, n, h.Sum, buckets)
}

// metricsHandler serves metrics of the controller and of this process.
func metricsHandler(source Source, log *slog.Logger) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(newCollector(source), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), MaxRequestsInFlight: 4})
}
