package controller

// dask is the scheduler of dask that the controller started for its client, if it did.
type dask struct{}

// becomeDask would start a scheduler of dask.
func (q *question) becomeDask() {
	q.fail("hub_error", "NotImplementedError", "This controller does not start dask; start dask-scheduler and connect to it")
}

func (q *question) stopDask() {
	q.answer("stop_distributed_reply", map[string]any{"status": "ok"})
}
