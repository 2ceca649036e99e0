// Package questions shows the questions of a form on a page: each kind with
// its label, hint, error, the reason why it is asked and where a value that
// stands there comes from; nothing that it shows needs JavaScript.
package questions
