// Package mail hands messages to the mail server and the text message provider
// that the instance declares.
//
// It promises:
//   - A message is to one person. What could add a recipient, a header or a
//     second message (line breaks, control characters, lists) is refused
//     before any connection is made.
//   - Mail travels encrypted, by STARTTLS or TLS with a verified certificate,
//     and text messages by https. Plain connections go to loopback only.
//   - Each sender connects to its one declared destination (Destination),
//     follows no redirect, uses no proxy from the environment, and gives up in
//     bounded time after a bounded answer.
//   - Errors are codes: no address, name or sentence of a message is in them,
//     nor what a server said.
//
// It owns no table. Send from a job: sending may fail, and then must be tried
// again.
package mail
