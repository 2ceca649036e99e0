// Package inbound takes mail: it speaks SMTP or LMTP with the mail server that
// hands it over, and reads what a mail says. It knows no requests: whoever uses
// it says which addresses there are, and takes what was read.
//
// It promises:
//   - A mail is answered for only once it was taken: a code of 250 means that
//     the taker has made it durable. Any other code says to keep it, or that it
//     is not wanted, and why.
//   - What comes is bounded: bytes of a mail, recipients, parts, parts within
//     parts, mails read at once and in a minute. Nothing is written to disk.
//   - A mail that is broken is refused. A message within a message, and whatever
//     is no text, is a file, and is not looked into.
//   - A text is plain: marks of HTML, control characters and those that turn the
//     direction of reading are gone.
//   - Automatic mails, lists and delivery reports are recognised.
package inbound
