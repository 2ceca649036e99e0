package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"portico/internal/keys"
	"portico/internal/platform/db"
)

// ActivityRestore is the activity of the event that tells of a restore, and
// factLost its fact of how many entries have no event any more.
const (
	ActivityRestore = "restore"
	factLost        = "lost"
)

// RestoreFacts are the facts of the event that tells of a restore.
func RestoreFacts(entries int64) Facts { return Facts{factLost: strconv.FormatInt(entries, 10)} }

// Continue brings the log of a store that was restored to what was signed and
// published last (I16): published is a copy of the log, nil if there is none.
// It returns how many entries have no event any more. The caller writes the
// event that says so, in the same transaction.
func (l *Log) Continue(tx *db.Tx, published fs.FS) (int64, error) {
	t, err := selectTree(tx)
	if err != nil {
		return 0, fmt.Errorf("continue the log: %w", err)
	}
	signed, err := l.ring.Signed()
	if err != nil {
		return 0, fmt.Errorf("continue the log: %w", err)
	}
	shown, err := l.shown(published)
	if err != nil {
		return 0, fmt.Errorf("continue the log: %w", err)
	}
	last := signed
	if shown.Size > last.Size {
		last = shown
	}
	if last.Size <= t.size {
		for _, s := range []keys.State{signed, shown} {
			if err := startsWith(tx, t, s); err != nil {
				return 0, fmt.Errorf("continue the log: %w", err)
			}
		}
		return 0, nil
	}
	n, err := l.grow(tx, t, last, published)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%d entries were signed and the backup holds %d, and the published copy that was given has %d: name a newer copy with --log: %w", last.Size, t.size, shown.Size, err)
	}
	if err != nil {
		return 0, fmt.Errorf("continue the log: %w", err)
	}
	return n, nil
}

// shown is the state of a published copy; the zero State without one.
func (l *Log) shown(published fs.FS) (keys.State, error) {
	if published == nil {
		return keys.State{}, nil
	}
	text, err := fs.ReadFile(published, checkpointName)
	if errors.Is(err, fs.ErrNotExist) {
		return keys.State{}, nil
	}
	if err != nil {
		return keys.State{}, err
	}
	c, err := OpenCheckpoint(text, l.ring.Vkey())
	if err != nil {
		return keys.State{}, fmt.Errorf("the published copy: %w", err)
	}
	return keys.State{Size: c.Size, Root: c.Root[:]}, nil
}

func (l *Log) grow(tx *db.Tx, t tree, last keys.State, published fs.FS) (gone int64, err error) {
	if published == nil {
		return 0, fs.ErrNotExist
	}
	var leaves [][32]byte
	for n := t.size / tileWidth; n*tileWidth < last.Size; n++ {
		width := int(min(tileWidth, last.Size-n*tileWidth))
		content, err := fs.ReadFile(published, BundlePath(n, width))
		if err != nil {
			return 0, fmt.Errorf("the published copy lacks entries: %w", err)
		}
		all, err := parseBundle(content, width)
		if err != nil {
			return 0, err
		}
		leaves = append(leaves, all[max(0, t.size-n*tileWidth):]...)
	}
	stored := tilesOf(tx)
	changed, err := stored.grow(t.size, leaves)
	if err != nil {
		return 0, err
	}
	for at, hashes := range changed {
		if err := putTile(tx, int(at[0]), at[1], hashes); err != nil {
			return 0, err
		}
	}
	root, err := stored.root(last.Size)
	if err != nil {
		return 0, err
	}
	if string(root[:]) != string(last.Root) {
		return 0, errors.New("the backup and the published copy are of different logs: neither begins the other")
	}
	for i, leaf := range leaves {
		known, err := adoptLeaf(tx, t.size+int64(i), leaf)
		if err != nil {
			return 0, err
		}
		if !known {
			gone++
		}
	}
	return gone, advanceTree(tx, t.size, last.Size, root[:])
}

// Remember tells a signer that was put back from a key backup what it signed
// since: as the database holds it, and as it was copied out.
func (l *Log) Remember(ctx context.Context) error {
	var t tree
	err := l.db.View(ctx, func(tx *db.Tx) (err error) {
		t, err = selectTree(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("look what was signed: %w", err)
	}
	last := l.readCopied()
	if t.checkpoint != "" {
		c, err := OpenCheckpoint([]byte(t.checkpoint), l.ring.Vkey())
		if err != nil {
			return fmt.Errorf("look what was signed: %w", err)
		}
		if c.Size > last.Size {
			last = keys.State{Size: c.Size, Root: c.Root[:]}
		}
	}
	return l.ring.Remember(last)
}
