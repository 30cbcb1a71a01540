// Package cluster starts a controller and engines, watches them and stops them.
//
// A [Cluster] is a controller process and engine processes of the same program on this machine. It is ready when the controller
// serves and every engine is registered: each process says so on a pipe, so nothing is polled. A cluster that belongs to its
// starter ends with it, whatever ends the starter, because every process holds the reading end of a pipe whose writing end only
// the starter has. A detached cluster lives on, and a state file beside the connection files tells `gale cluster stop` and
// `gale cluster status` what to look for.
//
// The package never speaks the cluster's wire: who wants to know about tasks asks the controller as a client.
package cluster
