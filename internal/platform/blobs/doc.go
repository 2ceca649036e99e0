// Package blobs keeps long bytes outside the database: the sealed parts of
// files. It knows neither their keys nor whose they are.
//
// It promises:
//   - A blob is there whole or not at all: it is written beside its place,
//     flushed, moved there, and the folder is flushed (Commit). What was not
//     committed is no blob.
//   - A blob never changes. Its name is a random id, which tells nothing and
//     cannot be chosen by anybody outside.
//   - Nothing outside its folder is touched, whatever a name says (os.Root).
//
// Store is small enough for an object store to stand behind it: nothing is
// appended to or renamed. Only the file system is implemented; several nodes
// share the folder by a mount.
//
// It owns no table.
package blobs
