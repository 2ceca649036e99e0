// Package staff knows which officials there are, and which roles they have.
//
// It promises:
//   - Officials sign in apart from people, and always with a second factor but
//     in a demo store (O10). Who has none sets it up before the first sign-in ends.
//   - Roles are those that the instance declares. They are read at each request,
//     so that what is taken away is gone at once.
//   - Nobody changes their own roles or standing, and only who administers
//     people changes those of others: two people are needed for an elevation.
//   - The first administrator comes by a link that is printed once, when an
//     empty store starts; everybody else by an invitation. Both are stored as
//     hashes, serve once, and end (24 and 72 hours).
//   - Officials change their own password, replace their second factor, and see
//     and end their own sessions, on package identity's pages.
//   - Changes of officials happen one after the other, on any number of nodes:
//     two administrators who remove each other leave one.
//   - Suspending and removing end every session at once.
//   - Each of these is an event of that official, with who did it.
//   - Lists show references, roles and states; a name or an address is opened
//     through the gate, for one official at a time, and is an event.
//
// Accounts, passwords and sessions are package identity's.
//
// Tables: staff_member, staff_invitation, staff_bootstrap, staff_guard.
package staff
