package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
)

const (
	ringFile  = "keyring.json"
	ringLimit = 1 << 20
)

// ErrNone says that there is no key directory, or an empty one.
var ErrNone = errors.New("there is no key directory")

// Stamp is what a store keeps to recognise its keys, and the key directory to
// recognise its store.
type Stamp struct {
	Instance string `json:"instance"`
	Demo     bool   `json:"demo"`
	Check    []byte `json:"check"`
}

// keyring is the file keyring.json.
type keyring struct {
	Version int     `json:"version"`
	Stamp   Stamp   `json:"stamp"`
	Bound   bool    `json:"bound"` // a store bears the stamp
	Epochs  []epoch `json:"epochs"`
	Index   []byte  `json:"index"`
	Codes   []byte  `json:"codes"`
	Signer  []byte  `json:"signer"`
	Vkey    string  `json:"vkey"`
}

type epoch struct {
	Number int64  `json:"number"`
	Key    []byte `json:"key"`
	Began  int64  `json:"began,omitempty"` // microseconds; that of a new store begins with it
}

// Ring is an open key directory. It is safe for concurrent use.
type Ring struct {
	dir    string
	kms    KMS
	stamp  Stamp
	index  []byte
	codes  []byte
	signer *signer
	vkey   string

	mu      sync.RWMutex
	current int64
	epochs  map[int64]Box
	kinds   map[string][]byte
}

// Create makes a key directory for a new store: all keys at random. It
// refuses a directory that holds anything.
func Create(dir, instance string, demo bool) (*Ring, error) {
	if err := validInstance(instance); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the key directory: %w", err)
	}
	if err := checkDir(dir); err != nil {
		return nil, err
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the key directory: %w", err)
	}
	if len(names) > 0 {
		return nil, fmt.Errorf("the key directory %s is not empty: keys are made in an empty one only", dir)
	}
	err = locked(dir, func() error { return create(dir, instance, demo) })
	if err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	return Open(dir, instance, demo)
}

func create(dir, instance string, demo bool) error {
	if _, err := os.Stat(filepath.Join(dir, rootFile)); err == nil {
		return errors.New("another process is making them: start again")
	}
	root := NewKey()
	if err := writeDurable(filepath.Join(dir, rootFile), encodeRoot(root)); err != nil {
		return err
	}
	kms, err := newFileKMS(root)
	if err != nil {
		return err
	}
	check, err := kms.Check()
	if err != nil {
		return err
	}
	seed := NewKey()
	vkey, err := note.NewEd25519VerifierKey(instance, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	if err != nil {
		return err
	}
	k := keyring{Version: 1, Stamp: Stamp{instance, demo, check}, Epochs: []epoch{{Number: 1}}, Vkey: vkey}
	for _, w := range []struct {
		purpose string
		key     []byte
		to      *[]byte
	}{
		{epochPurpose(instance, 1), NewKey(), &k.Epochs[0].Key},
		{"index " + instance, NewKey(), &k.Index},
		{"codes " + instance, NewKey(), &k.Codes},
		{"signer " + instance, seed, &k.Signer},
	} {
		if *w.to, err = kms.Wrap(w.purpose, w.key); err != nil {
			return err
		}
	}
	if err := writeState(dir, State{}); err != nil {
		return err
	}
	return writeRing(dir, &k) // last: a directory without it is an unfinished one
}

// Open opens the key directory of an instance.
func Open(dir, instance string, demo bool) (*Ring, error) {
	names, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(names) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNone, dir)
	}
	if err == nil {
		err = checkDir(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("open the key directory: %w", err)
	}
	k, err := readRing(dir)
	if err != nil {
		return nil, err
	}
	switch {
	case k.Stamp.Instance != instance:
		return nil, fmt.Errorf("the key directory %s belongs to the instance %q, not %q: give this instance its own with --keys", dir, k.Stamp.Instance, instance)
	case k.Stamp.Demo && !demo:
		return nil, fmt.Errorf("the key directory %s is a demo's for ever: start with --demo, or give other --keys, --data and --database", dir)
	case !k.Stamp.Demo && demo:
		return nil, fmt.Errorf("the key directory %s is not a demo's: start without --demo, or give other --keys, --data and --database", dir)
	}
	kms, err := readFileKMS(dir)
	if err != nil {
		return nil, err
	}
	check, err := kms.Check()
	if err != nil {
		return nil, fmt.Errorf("ask for the root key: %w", err)
	}
	if !hmac.Equal(check, k.Stamp.Check) {
		return nil, fmt.Errorf("the root key in %s is not the one that these keys were made with: put the right one back from the key backup", dir)
	}
	r := &Ring{dir: dir, kms: kms, stamp: k.Stamp, vkey: k.Vkey, epochs: map[int64]Box{}, kinds: map[string][]byte{}}
	if r.index, err = r.unwrap("index "+instance, k.Index); err != nil {
		return nil, err
	}
	if r.codes, err = r.unwrap("codes "+instance, k.Codes); err != nil {
		return nil, err
	}
	seed, err := r.unwrap("signer "+instance, k.Signer)
	if err != nil {
		return nil, err
	}
	if r.signer, err = newSigner(instance, seed, k.Vkey); err != nil {
		return nil, err
	}
	if _, err := readState(dir); err != nil {
		return nil, err
	}
	return r, r.load(k)
}

// Inspect returns whose keys a directory holds, without opening them.
func Inspect(dir string) (Stamp, error) {
	if err := checkDir(dir); err != nil {
		return Stamp{}, fmt.Errorf("open the key directory: %w", err)
	}
	k, err := readRing(dir)
	if err != nil {
		return Stamp{}, err
	}
	return k.Stamp, nil
}

// load takes the epoch keys that it does not have yet.
func (r *Ring) load(k *keyring) error {
	if len(k.Epochs) == 0 {
		return fmt.Errorf("the key directory %s holds no epoch key: put %s back from the key backup", r.dir, ringFile)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range k.Epochs {
		if _, ok := r.epochs[e.Number]; !ok {
			key, err := r.unwrap(epochPurpose(r.stamp.Instance, e.Number), e.Key)
			if err != nil {
				return err
			}
			if r.epochs[e.Number], err = NewBox(key); err != nil {
				return err
			}
		}
		r.current = max(r.current, e.Number)
	}
	return nil
}

func (r *Ring) unwrap(purpose string, wrapped []byte) ([]byte, error) {
	key, err := r.kms.Unwrap(purpose, wrapped)
	if err != nil {
		return nil, fmt.Errorf("the key %q in %s does not open under the root key: put the directory back from the key backup: %w", purpose, r.dir, err)
	}
	return key, nil
}

// Dir is the key directory.
func (r *Ring) Dir() string { return r.dir }

// Instance is the id of the instance whose keys these are.
func (r *Ring) Instance() string { return r.stamp.Instance }

// Demo reports whether the keys are a demo's.
func (r *Ring) Demo() bool { return r.stamp.Demo }

// Stamp is what the store of these keys keeps.
func (r *Ring) Stamp() Stamp { return r.stamp }

// Same reports whether a store with the stamp s belongs to these keys.
func (r *Ring) Same(s Stamp) bool {
	return s.Instance == r.stamp.Instance && s.Demo == r.stamp.Demo && bytes.Equal(s.Check, r.stamp.Check)
}

// Bound reports whether a store bears the stamp of these keys.
func (r *Ring) Bound() (bool, error) {
	k, err := readRing(r.dir)
	if err != nil {
		return false, err
	}
	return k.Bound, nil
}

// Bind notes that a store bears the stamp. From then on a store without it is
// refused instead of adopted.
func (r *Ring) Bind() error {
	return r.change(func(k *keyring) error {
		k.Bound = true
		return nil
	})
}

// change rewrites keyring.json.
func (r *Ring) change(fn func(*keyring) error) error {
	return locked(r.dir, func() error {
		k, err := readRing(r.dir)
		if err != nil {
			return err
		}
		if err := fn(k); err != nil {
			return err
		}
		if err := writeRing(r.dir, k); err != nil {
			return err
		}
		return r.load(k)
	})
}

// Epoch is the number of the epoch under which keys are wrapped now.
func (r *Ring) Epoch() int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.current
}

// Epochs are the numbers of all epochs whose keys are kept, ascending.
func (r *Ring) Epochs() []int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var all []int64
	for n := range r.epochs {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// NewEpoch makes the next epoch key. Older ones stay, for the rows and the
// backups that name them.
func (r *Ring) NewEpoch(now time.Time) (int64, error) {
	var next int64
	err := r.change(func(k *keyring) error {
		next = k.Epochs[len(k.Epochs)-1].Number + 1
		wrapped, err := r.kms.Wrap(epochPurpose(r.stamp.Instance, next), NewKey())
		k.Epochs = append(k.Epochs, epoch{next, wrapped, now.UnixMicro()})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("make an epoch key: %w", err)
	}
	return next, nil
}

// Begins are the epochs of the key directory and when they began; a zero time
// is that of the store.
func (r *Ring) Begins() (map[int64]time.Time, error) {
	k, err := readRing(r.dir)
	if err != nil {
		return nil, err
	}
	began := map[int64]time.Time{}
	for _, e := range k.Epochs {
		began[e.Number] = time.Time{}
		if e.Began > 0 {
			began[e.Number] = time.UnixMicro(e.Began).UTC()
		}
	}
	return began, nil
}

// Drop forgets the keys of epochs other than these and the current one, until
// something that names them is opened.
func (r *Ring) Drop(but func(epoch int64) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := range r.epochs {
		if n != r.current && !but(n) {
			delete(r.epochs, n)
		}
	}
}

// Destroy destroys the key of an epoch: what is wrapped under it, in whatever
// copy of the store, opens no more. Whether it may is the caller's business.
func (r *Ring) Destroy(n int64) error {
	if n == r.Epoch() {
		return errors.New("destroy an epoch key: it is the current one")
	}
	if err := r.change(func(k *keyring) error {
		k.Epochs = slices.DeleteFunc(k.Epochs, func(e epoch) bool { return e.Number == n })
		return nil
	}); err != nil {
		return fmt.Errorf("destroy an epoch key: %w", err)
	}
	r.Drop(func(other int64) bool { return other != n })
	return nil
}

func epochPurpose(instance string, n int64) string { return fmt.Sprintf("epoch %d %s", n, instance) }

// Wrap wraps a scope key, in its place, under the current epoch.
func (r *Ring) Wrap(at Place, key []byte) (epoch int64, wrapped []byte) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.current, r.epochs[r.current].Seal(at, key)
}

// Unwrap opens what Wrap wrapped in the same place under the epoch. An epoch
// that another process has begun is looked up in the directory.
func (r *Ring) Unwrap(at Place, epoch int64, wrapped []byte) ([]byte, error) {
	r.mu.RLock()
	box, ok := r.epochs[epoch]
	r.mu.RUnlock()
	if !ok {
		if err := r.Reload(); err != nil {
			return nil, err
		}
		r.mu.RLock()
		box, ok = r.epochs[epoch]
		r.mu.RUnlock()
		if !ok {
			return nil, fmt.Errorf("the key of epoch %d is not in the key directory: put it back from a key backup that has it", epoch)
		}
	}
	return box.Open(at, wrapped)
}

// Reload takes epochs that another process has begun.
func (r *Ring) Reload() error {
	k, err := readRing(r.dir)
	if err != nil {
		return err
	}
	return r.load(k)
}

// Index returns the blind index of an identifier: a MAC under a key of its
// kind. The caller has brought value to its canonical form.
func (r *Ring) Index(kind, value string) []byte {
	return r.mac("index", r.index, kind, value)
}

// Code returns the MAC of a one-time code, for what it was made for.
func (r *Ring) Code(use, code string) []byte { return r.mac("code", r.codes, use, code) }

func (r *Ring) mac(family string, secret []byte, kind, value string) []byte {
	name := family + " " + kind
	r.mu.RLock()
	key := r.kinds[name]
	r.mu.RUnlock()
	if key == nil {
		var err error
		if key, err = hkdf.Key(sha256.New, secret, nil, "portico 1 "+name, Size); err != nil {
			panic(err) // lengths are constants
		}
		r.mu.Lock()
		r.kinds[name] = key
		r.mu.Unlock()
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(value))
	return m.Sum(nil)
}

func readRing(dir string) (*keyring, error) {
	path := filepath.Join(dir, ringFile)
	text, err := readPrivate(path, ringLimit)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the key directory %s has no %s: put it back from the key backup; only if this was a first start that broke off, remove the directory and start again", dir, ringFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key directory: %w", err)
	}
	var k keyring
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&k); err != nil || k.Version != 1 {
		return nil, fmt.Errorf("%s is damaged, or of a newer Portico: put it back from the key backup", path)
	}
	return &k, nil
}

// writeRing replaces keyring.json.
func writeRing(dir string, k *keyring) error {
	text, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	return writeDurable(filepath.Join(dir, ringFile), append(text, '\n'))
}

// validInstance holds an instance's id to what can stand in the log's signed
// checkpoints as its origin.
func validInstance(id string) error {
	if id == "" || len(id) > 100 || strings.ContainsFunc(id, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '/')
	}) {
		return fmt.Errorf("%q cannot be an instance's id: use a to z, digits, and - . / between them", id)
	}
	return nil
}
