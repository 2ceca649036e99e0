// Package places knows where something is kept of a person, as people call it,
// so that they can name it when they use a right: their account, an application,
// one that is not sent, a company, a question. It opens nothing.
//
// It joins the features that keep these for package rights, which knows none.
//
// Tables: none. Statements: O14, N13.
package places
