package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
)

// Size is the length of every symmetric key here: AES-256.
const Size = 32

// ErrSealed is what opening answers when the key, the place or a byte is not
// the one that was sealed. It does not say which.
var ErrSealed = errors.New("a sealed value does not open: it was changed, moved, or sealed under another key")

// format is the version of the sealed form; it is authenticated with each value.
const format = "1"

// Place is where a sealed value stands. All of it is authenticated.
type Place struct {
	Instance string
	Table    string
	Column   string
	Row      string // the row's key without the person; see Row
	Person   string
}

// Row encodes the parts of a row's key so that no two rows encode alike.
func Row(parts ...string) string { return string(lengthPrefixed(nil, parts...)) }

func (p Place) bytes() []byte {
	return lengthPrefixed(make([]byte, 0, 128), p.Instance, format, p.Table, p.Column, p.Row, p.Person)
}

// lengthPrefixed appends each part behind its length.
func lengthPrefixed(b []byte, parts ...string) []byte {
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

// Box seals and opens under one key. The zero Box opens nothing. It is safe
// for concurrent use.
type Box struct{ aead cipher.AEAD }

// NewBox returns the box of a key of Size bytes.
func NewBox(key []byte) (Box, error) {
	if len(key) != Size {
		return Box{}, errors.New("a key is not 32 bytes long")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return Box{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return Box{aead}, err
}

// NewKey returns a random key.
func NewKey() []byte {
	key := make([]byte, Size)
	_, _ = rand.Read(key)
	return key
}

// Overhead is how much longer a sealed value is.
const Overhead = 12 + 16

// Seal seals plain in its place under a random nonce.
func (b Box) Seal(at Place, plain []byte) []byte { return b.SealWith(nil, at.bytes(), plain) }

// Open opens what Seal sealed in the same place.
func (b Box) Open(at Place, sealed []byte) ([]byte, error) {
	return b.OpenWith(nil, at.bytes(), sealed)
}

// SealWith seals plain with additional data of the caller's own form, and
// appends it to what there is.
func (b Box) SealWith(to, additional, plain []byte) []byte {
	return b.aead.Seal(slices.Grow(to, len(plain)+Overhead), nil, plain, additional)
}

// OpenWith opens what SealWith sealed with the same additional data.
func (b Box) OpenWith(to, additional, sealed []byte) ([]byte, error) {
	if b.aead == nil {
		return nil, ErrSealed
	}
	plain, err := b.aead.Open(to, nil, sealed, additional)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
