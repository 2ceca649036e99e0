package keys

import (
	"crypto/ed25519"

	"golang.org/x/mod/sumdb/note"
)

// Attest signs a statement of the portal with the log's key. What kind of
// statement it is stands on a line of its own before it, so that no signature
// of one kind serves for another, and none for a checkpoint of the log.
func (r *Ring) Attest(kind string, statement []byte) []byte {
	return ed25519.Sign(r.signer.key, attested(kind, statement))
}

// Attested reports whether the holder of a log's key signed a statement.
func Attested(vkey, kind string, statement, signature []byte) (bool, error) {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return false, err
	}
	return v.Verify(attested(kind, statement), signature), nil
}

func attested(kind string, statement []byte) []byte {
	return append([]byte("portico statement\n"+kind+"\n"), statement...)
}
