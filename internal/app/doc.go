// Package app is the composition root: it opens the store, builds every
// feature and mounts its pages. It holds no rules of its own and owns no
// tables. Nothing imports it but the commands.
package app
