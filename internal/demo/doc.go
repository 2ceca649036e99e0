// Package demo is what stands around a portal that is only shown: a mail server
// and a text message provider that keep what they get and show it at /demo/mail,
// and a provider of payments. Package cast makes its people.
//
// It promises:
//   - The portal speaks to them by the real protocols, SMTP and HTTP, so that a
//     demo runs the code that production runs.
//   - Both listen on loopback only, and what they caught stands in memory only,
//     the newest hundred messages, until the program ends.
//   - Nothing of it exists without --demo: the routes are mounted and the servers
//     started by the composition root of a demo store alone.
//
// It owns no table. It keeps no statement.
package demo
