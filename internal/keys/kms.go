package keys

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// KMS holds the root key. An operator's key management service needs no more
// than these three; the file in the key directory is the default.
type KMS interface {
	// Wrap seals key together with purpose, which Unwrap must name again.
	Wrap(purpose string, key []byte) ([]byte, error)
	// Unwrap opens what Wrap sealed for the same purpose.
	Unwrap(purpose string, wrapped []byte) ([]byte, error)
	// Check returns a value that tells this root key from any other and
	// nothing else about it.
	Check() ([]byte, error)
}

const rootFile = "root.key"

// fileKMS is a root key in a file of the key directory.
type fileKMS struct {
	box   Box
	check []byte
}

func newFileKMS(key []byte) (*fileKMS, error) {
	box, err := NewBox(key)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("portico root key check 1"))
	return &fileKMS{box, mac.Sum(nil)[:16]}, nil
}

func readFileKMS(dir string) (*fileKMS, error) {
	text, err := readPrivate(filepath.Join(dir, rootFile), 1024)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the root key %s is missing: put it back from the key backup; without it nothing in the store can be read", filepath.Join(dir, rootFile))
	}
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != Size {
		return nil, fmt.Errorf("the root key %s is damaged: put it back from the key backup", filepath.Join(dir, rootFile))
	}
	return newFileKMS(key)
}

func (k *fileKMS) Wrap(purpose string, key []byte) ([]byte, error) {
	return k.box.SealWith(nil, []byte("portico root 1 "+purpose), key), nil
}

func (k *fileKMS) Unwrap(purpose string, wrapped []byte) ([]byte, error) {
	return k.box.OpenWith(nil, []byte("portico root 1 "+purpose), wrapped)
}

func (k *fileKMS) Check() ([]byte, error) { return k.check, nil }
