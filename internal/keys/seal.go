package keys

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gowebpki/jcs"
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

// ErrOther says that a file is something else than the document that was asked
// for.
var ErrOther = errors.New("the file is something else")

// Document signs what the portal says, as it is handed out: an object with that
// as canonical JSON (RFC 8785) under a name, the key of the log as published, and
// the signature, which is for this kind alone.
func (r *Ring) Document(name, kind string, said any) ([]byte, error) {
	canonical, err := json.Marshal(said)
	if err == nil {
		canonical, err = jcs.Transform(canonical)
	}
	if err != nil {
		return nil, fmt.Errorf("write a %s: %w", kind, err)
	}
	return json.Marshal(map[string]any{name: json.RawMessage(canonical), "key": r.Vkey(), "signature": r.Attest(kind, canonical)})
}

// ReadDocument reads a document as it was handed out into what it says, once its
// signature is that of the portal with the published key. What is no document of
// this name and kind is ErrOther.
func ReadDocument(file []byte, vkey, name, kind string, said any) error {
	var members map[string]json.RawMessage
	var signature []byte
	if json.Unmarshal(file, &members) != nil || len(members[name]) == 0 || json.Unmarshal(members["signature"], &signature) != nil {
		return ErrOther
	}
	canonical, err := jcs.Transform(members[name]) // refuses what two readers could read differently
	if err != nil {
		return fmt.Errorf("read a %s: %w", kind, err)
	}
	ok, err := Attested(vkey, kind, canonical, signature)
	if err != nil {
		return fmt.Errorf("read the key: %w", err)
	}
	if !ok {
		return fmt.Errorf("the portal with this key did not sign this %s", kind)
	}
	if err := json.Unmarshal(canonical, said); err != nil {
		return fmt.Errorf("read a %s: %w", kind, err)
	}
	return nil
}
