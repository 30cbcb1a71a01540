// Package worker keeps a namespace in a child process: it starts the child, watches it, talks to it, and starts another when it dies.
//
// A [Worker] gives its child four private sockets (ipc, in a directory that only this user may enter, with a key of their own) and two pipes
// for what it prints. A message never overtakes output: when one comes, both pipes are read until they are empty, and what they held is given
// out first.
//
// The child runs user code, so it may do anything: crash, hang, exit, fork. It leads a process group, is killed with that group, and dies when
// this process dies. Its death ends the requests that wait, each with a failure named NamespaceDied that says how it died and what it said
// last; the next child starts at once, unless three have died within ten seconds: then it waits for the next request.
//
// The package never runs user code, never loads a module, and leaves nothing behind: no process, no file, no socket.
package worker
