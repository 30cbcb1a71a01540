// Package dashboard shows people how a controller is doing: a page for browsers, events for that page, and metrics for Prometheus.
//
// # Contract
//
// [Start] listens on loopback and serves until [Server.Close]. It asks its [Source] only while a page is open or metrics are
// fetched: a dashboard that nobody looks at costs nothing, and one that is looked at asks twice a second, whatever the cluster
// does. Pages and what waits for them are bounded in number and size.
//
// Whoever asks must show the token of the address that [Server.URL] gives: in the address, as a bearer token, or in the cookie
// that the first request gets. A browser that was led here by another page or another name of this machine is refused.
//
// # Never
//
// It never changes anything: it answers GET and HEAD alone. It loads nothing from elsewhere, and sends nothing there.
package dashboard
