// Package web is the edge: it serves pages and interfaces over HTTP and knows
// no domain.
//
// It promises:
//   - A route exists only with a method, an audience and an activity (Route);
//     the router enforces the audience and the roles before the handler runs.
//   - A request that changes something is refused when another origin sent it.
//   - Only declared cookies can be set (I14), with the __Host- prefix where TLS is.
//   - Pages for a person or for staff are never stored by a cache.
//   - Nothing inline and nothing of a third party runs: the content security
//     policy has no unsafe-*.
//   - An error is translated once, here: a page in the person's language with
//     a reference number, or problem details (RFC 9457) for machines. Causes go
//     to the log, never to the answer.
//   - Requests are logged and measured by route pattern; addresses, queries,
//     bodies and names are neither logged nor measured.
//   - Plain HTTP is served on loopback only (O9). A declared proxy has a
//     listener of its own, where it shows its certificate; nowhere else is a
//     forwarded address believed.
//
// It owns no table. Its pages and components are in web/ui.
package web
