package keys

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
)

const stateFile = "signer.json"

// ErrBehind says that the log is smaller than what was signed, or another.
var ErrBehind = errors.New("the log is behind its own signature")

// State is the last checkpoint that was signed: the size of the tree and its
// root. The zero State is that of a log that never signed.
type State struct {
	Size int64  `json:"size"`
	Root []byte `json:"root"`
}

// signer signs notes with Ed25519 as the C2SP specification says.
type signer struct {
	name string
	hash uint32
	key  ed25519.PrivateKey
}

func newSigner(name string, seed []byte, vkey string) (*signer, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, errors.New("the log's signing key is damaged: put the key directory back from the key backup")
	}
	key := ed25519.NewKeyFromSeed(seed)
	want, err := note.NewEd25519VerifierKey(name, key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	if want != vkey {
		return nil, errors.New("the log's signing key and the verifier key in keyring.json differ: put the key directory back from the key backup")
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	return &signer{name, v.KeyHash(), key}, nil
}

func (s *signer) Name() string                    { return s.name }
func (s *signer) KeyHash() uint32                 { return s.hash }
func (s *signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

// Vkey is the log's verifier key, as published.
func (r *Ring) Vkey() string { return r.vkey }

// Signed returns what was signed last, by any node.
func (r *Ring) Signed() (State, error) { return readState(r.dir) }

// Sign signs text as the checkpoint of a log with that size and root. Before,
// it calls consistent with what was signed last, which must prove that the
// log contains that, and puts the new state on disk. It signs nothing smaller.
func (r *Ring) Sign(text string, next State, consistent func(last State) error) ([]byte, error) {
	var signed []byte
	err := locked(r.dir, func() error {
		last, err := readState(r.dir)
		if err != nil {
			return err
		}
		if next.Size < last.Size {
			return fmt.Errorf("%w: %d entries, and %d were signed", ErrBehind, next.Size, last.Size)
		}
		if err := consistent(last); err != nil {
			return errors.Join(ErrBehind, err)
		}
		if err := writeState(r.dir, next); err != nil {
			return fmt.Errorf("keep the signer's state: %w", err)
		}
		signed, err = note.Sign(&note.Note{Text: text}, r.signer)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sign the log: %w", err)
	}
	return signed, nil
}

func readState(dir string) (State, error) {
	path := filepath.Join(dir, stateFile)
	text, err := readPrivate(path, 4096)
	if errors.Is(err, os.ErrNotExist) {
		return State{}, fmt.Errorf("%s is missing, so nobody knows what the log has signed: put it back from the newest key backup", path)
	}
	if err != nil {
		return State{}, err
	}
	var s State
	if err := json.Unmarshal(text, &s); err != nil || s.Size < 0 || s.Size > 0 && len(s.Root) != 32 {
		return State{}, fmt.Errorf("%s is damaged: put it back from the newest key backup", path)
	}
	return s, nil
}

func writeState(dir string, s State) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return writeDurable(filepath.Join(dir, stateFile), append(text, '\n'))
}

func encodeRoot(key []byte) []byte {
	return append(base64.StdEncoding.AppendEncode(nil, key), '\n')
}
