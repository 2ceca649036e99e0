package vault

import (
	"sync"
	"time"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/db"
)

// wrappedKey is a scope's key as it stands in the store.
type wrappedKey struct {
	epoch   int64
	wrapped []byte
}

// boxes opens wrapped keys and remembers them by the bytes just read: a key
// that is gone from the store cannot be had from here.
type boxes struct {
	ring *keys.Ring

	mu  sync.RWMutex
	new map[string]keys.Box // filled until it holds half of boxMemory,
	old map[string]keys.Box // then the older half is dropped
}

const boxMemory = 32 << 10

func newBoxes(ring *keys.Ring) *boxes {
	return &boxes{ring: ring, new: map[string]keys.Box{}}
}

// scopeKey is where the key of a scope is wrapped to.
func scopeKey(instance, subject, scope string) keys.Place {
	return keys.Place{Instance: instance, Table: "vault_scope", Column: "wrapped", Row: keys.Row(scope), Person: subject}
}

// open returns the box of a subject's scope. The place is looked at only when
// the bytes are new; bytes that are known can stand in no other.
func (b *boxes) open(subject, scope string, k wrappedKey) (keys.Box, error) {
	if k.wrapped == nil {
		return keys.Box{}, errNoScope
	}
	name := subject + "\x00" + scope + "\x00" + string(k.wrapped)
	b.mu.RLock()
	box, ok := b.new[name]
	if !ok {
		box, ok = b.old[name]
	}
	b.mu.RUnlock()
	if ok {
		return box, nil
	}
	key, err := b.ring.Unwrap(scopeKey(b.ring.Instance(), subject, scope), k.epoch, k.wrapped)
	if err != nil {
		return keys.Box{}, err
	}
	if box, err = keys.NewBox(key); err != nil {
		return keys.Box{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.new) >= boxMemory/2 {
		b.old, b.new = b.new, map[string]keys.Box{}
	}
	b.new[name] = box
	return box, nil
}

// Keeper is what the log needs of the vault: the evidence keys and the gates.
type Keeper struct{ boxes *boxes }

var _ audit.Keeper = (*Keeper)(nil)

// NewKeeper returns the keeper of a store's log.
func NewKeeper(ring *keys.Ring) *Keeper { return &Keeper{newBoxes(ring)} }

// Evidence returns the box in which the subject's events are sealed.
func (k *Keeper) Evidence(tx *db.Tx, subject string) (keys.Box, error) {
	wrapped, err := selectScope(tx, subject, Evidence)
	if err != nil {
		return keys.Box{}, err
	}
	return k.boxes.open(subject, Evidence, wrapped)
}

// Earlier returns the boxes in which the subject's events of earlier years are
// sealed.
func (k *Keeper) Earlier(tx *db.Tx, subject string) (list []keys.Box, err error) {
	rows, err := selectEarlier(tx, subject)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		box, err := k.boxes.open(subject, r.scope, r.key)
		if err != nil {
			return nil, err
		}
		list = append(list, box)
	}
	return list, nil
}

// waiting is for how long an event can wait at a gate.
const waiting = time.Minute

// Gone reports whether the ledger tells that the key of an event was destroyed:
// that of a year which ended with it or later, or all of the evidence. What
// waited at the gate when the year ended, behind its last event, may have the key
// of before.
func (k *Keeper) Gone(tx *db.Tx, subject string, n, at int64) (bool, error) {
	scopes, err := ledger.ErasedScopes(tx, subject)
	for _, scope := range scopes {
		last, ended, ok := ofScope(scope)
		if ok && (n <= last || at <= ended+waiting.Microseconds()) || scope == Evidence {
			return true, nil
		}
	}
	return false, err
}

// Gate is the number of the subject's last event, as the gate counted.
func (k *Keeper) Gate(tx *db.Tx, subject string) (int64, error) { return selectNumber(tx, subject) }

// Gates calls each for every gate, in the order of the subjects.
func (k *Keeper) Gates(tx *db.Tx, each func(subject string, n int64) error) error {
	return selectGates(tx, each)
}
