// Package cluster starts a controller and engines, watches them, starts again what died, and stops them.
//
// A [Cluster] is a controller process on this machine and engines that a [Launcher] starts: as processes here, over ssh, by mpirun, or
// as a job of a batch system (Slurm, PBS, SGE, LSF, HTCondor). What starts and ends as one is a unit; when a unit ends that nobody told
// to, its [Ending] says how (exit status, signal, memory, last lines) and a [Policy] decides whether it is started again. Local engines
// are ready when each has said so on a pipe; of engines elsewhere only the controller knows when they are registered.
//
// A cluster that belongs to its starter ends with it, whatever ends the starter, because every process holds the reading end of a pipe
// whose writing end only the starter has. A detached cluster has a supervisor, a process that holds its [Cluster] and takes [Request]s on
// a private socket; when the supervisor is killed, controller and engines live on. State files beside the connection files tell others
// what runs: ours, and one of the form that ipyparallel's ClusterManager reads.
//
// The package never speaks the cluster's wire: who wants to know about tasks asks the controller as a client.
package cluster
