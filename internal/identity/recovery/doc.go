// Package recovery brings people back into an account whose password, or whose
// second factor, they have lost.
//
// It promises:
//   - It begins at a confirmed channel: a code goes there. An account that does
//     not exist costs the same work and says the same; it only gets no message.
//   - With a code of the app or a recovery code it works at once. With neither
//     it waits 72 hours, tells every channel with a link that stops it without
//     signing in, and until then opens nothing. Whoever is signed in meanwhile
//     is told in the cabinet, and stops it there.
//   - Who came back after waiting signs in with the new password alone: the
//     second factors and recovery codes are gone. For another 72 hours the
//     account authorises no download and no consent.
//   - One recovery waits at a time: asking again neither shortens nor lengthens it.
//   - Codes and links follow from a key, and are never stored. A link serves once.
//   - Each step that counts is an event that the holder sees (M25).
//
// Officials come back with a recovery code, or through an administrator: their
// accounts are package staff's, and no message alone opens them.
//
// Tables: recovery_request.
package recovery
