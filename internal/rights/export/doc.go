// Package export writes and verifies the package in which somebody takes their
// data home: a ZIP file whose every entry stands in a signed manifest.
//
// It promises:
//   - What is verified holds exactly the entries that the portal signed, each as
//     it was: nothing is missing, added or changed.
//   - It can be verified offline with the portal's published key, by this
//     package or by anybody who can read ZIP, SHA-256, RFC 8785 and Ed25519:
//     manifest.json holds the manifest, the key's name and the signature of
//     "portico statement\npackage\n" and the canonical manifest.
//
// It owns no table and opens nothing: package rights fills it.
package export
