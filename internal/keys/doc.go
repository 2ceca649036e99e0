// Package keys is the key directory: everything without which the store is
// noise, kept outside the store and outside its backups.
//
// It promises:
//   - Keys are made once, for an empty store. A key directory that is missing,
//     incomplete, readable by others, of another instance, of a demo (or not),
//     or under another root key stops the start and says what to do. Nothing
//     is ever made again in silence.
//   - The root key wraps and unwraps; it never leaves its KMS. Epoch keys are
//     wrapped by it and wrap the scope keys that stand in the store.
//   - A sealed value opens only in its place: instance, table, column, row and
//     person are authenticated with it.
//   - What the portal signs besides, it signs as one kind of document, which whoever
//     has the published key reads offline (Document, ReadDocument).
//   - The log's signer signs nothing smaller than, or inconsistent with, what
//     it signed before, on any node, whatever became of the store (I16): its
//     last size and root are on disk, flushed, before a signature is handed out.
//
// In the directory (0700, files 0600):
//
//	root.key       the root key, if the KMS is the file KMS
//	keyring.json   instance, demo or not, check value; epoch keys, index and
//	               code secrets and the signer's seed, each wrapped by the root key
//	signer.json    size and root of the last checkpoint signed
//	ledger         what was taken away, see package ledger
//	lock           held while one of them is written
//
// It owns no tables. What the store keeps to recognise its keys is a Stamp,
// which package vault writes. Whoever holds the root key and the store can
// read around the gate: see docs/threat-model.md.
package keys
