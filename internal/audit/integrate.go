package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"portico/internal/keys"
	"portico/internal/platform/db"
)

// batch is how many leaves enter the tree in one transaction: few enough that
// on SQLite nobody waits long behind it.
const batch = 1024

// Integrate moves what waits into the tree, signs the tree and copies it out.
// Any number of nodes may do so at once.
func (l *Log) Integrate(ctx context.Context) error {
	for {
		moved, err := l.take(ctx)
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil {
			return fmt.Errorf("integrate the log: %w", err)
		}
		if moved < batch {
			break
		}
	}
	if err := l.publish(ctx); err != nil {
		return fmt.Errorf("publish the log: %w", err)
	}
	return nil
}

// take moves one batch, if anything waits.
func (l *Log) take(ctx context.Context) (moved int, err error) {
	var waiting int64
	err = l.db.View(ctx, func(tx *db.Tx) error {
		waiting, err = countPending(tx)
		return err
	})
	if err != nil || waiting == 0 {
		return 0, err
	}
	err = l.db.Update(ctx, func(tx *db.Tx) error {
		moved, err = l.takeIn(tx)
		return err
	})
	return moved, err
}

func (l *Log) takeIn(tx *db.Tx) (int, error) {
	if err := lockTree(tx); err != nil {
		return 0, err
	}
	was, err := selectTree(tx)
	if err != nil {
		return 0, err
	}
	leaves, err := takePending(tx, was.size, batch)
	if err != nil || len(leaves) == 0 {
		return 0, err
	}
	stored := tilesOf(tx)
	changed, err := stored.grow(was.size, leaves)
	if err != nil {
		return 0, err
	}
	for at, hashes := range changed {
		if err := putTile(tx, int(at[0]), at[1], hashes); err != nil {
			return 0, err
		}
	}
	size := was.size + int64(len(leaves))
	root, err := tiles(func(level int, n int64) ([]byte, error) {
		if tile, ok := changed[[2]int64{int64(level), n}]; ok {
			return tile, nil
		}
		return stored(level, n)
	}).root(size)
	if err != nil {
		return 0, err
	}
	return len(leaves), advanceTree(tx, was.size, size, root[:])
}

func tilesOf(tx *db.Tx) tiles {
	return func(level int, n int64) ([]byte, error) { return selectTile(tx, level, n) }
}

// publish signs the tree if it grew, copies it out, and then lets it be served.
// The entries are copied out before they are signed: whatever was signed, a
// restore finds in the copy.
func (l *Log) publish(ctx context.Context) error {
	l.publishing.Lock()
	defer l.publishing.Unlock()
	var t tree
	err := l.db.View(ctx, func(tx *db.Tx) (err error) {
		t, err = selectTree(tx)
		return err
	})
	if err != nil || t.size == 0 {
		return err
	}
	if err := l.copyEntries(ctx, t.size); err != nil {
		return err
	}
	if t.signed == t.size {
		return l.copyCheckpoint(t.size, []byte(t.checkpoint))
	}
	c := Checkpoint{Origin: l.ring.Instance(), Size: t.size, Root: [32]byte(t.root)}
	var last keys.State
	signed, err := l.ring.Sign(c.text(), keys.State{Size: t.size, Root: t.root}, func(s keys.State) error {
		last = s
		return l.contains(ctx, s)
	})
	if err != nil {
		if last.Size > t.size { // another node signed a larger one meanwhile
			return nil
		}
		return err
	}
	signed, cosigning := l.cosign(ctx, t.signed, c, signed)
	if err := l.copyCheckpoint(c.Size, signed); err != nil {
		return errors.Join(err, cosigning)
	}
	err = l.db.Update(ctx, func(tx *db.Tx) error { return putCheckpoint(tx, c.Size, string(signed)) })
	return errors.Join(err, cosigning)
}

// contains proves that the tree contains what was signed before.
func (l *Log) contains(ctx context.Context, s keys.State) error {
	return l.db.View(ctx, func(tx *db.Tx) error {
		t, err := selectTree(tx)
		if err != nil {
			return err
		}
		return startsWith(tx, t, s)
	})
}

// cosign asks each witness. One that fails costs its signature and is
// reported; the checkpoint goes out without it.
func (l *Log) cosign(ctx context.Context, old int64, c Checkpoint, signed []byte) ([]byte, error) {
	var failed []error
	for _, w := range l.witnesses {
		line, err := l.ask(ctx, w, old, c, signed)
		if err != nil {
			failed = append(failed, fmt.Errorf("witness %s: %w", w.Name(), err))
			continue
		}
		signed = append(signed, line...)
	}
	return signed, errors.Join(failed...)
}

func (l *Log) ask(ctx context.Context, w Witness, old int64, c Checkpoint, signed []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for range 2 {
		proof, err := l.consistency(ctx, old, c.Size)
		if err != nil {
			return nil, err
		}
		line, err := w.Cosign(ctx, old, proof, signed)
		var stale *StaleWitness
		if errors.As(err, &stale) && stale.Size <= c.Size {
			old = stale.Size
			continue
		}
		return line, err
	}
	return nil, errors.New("it names another size each time")
}

// StaleWitness is what a witness answers whose last checkpoint is another.
type StaleWitness struct{ Size int64 }

// Error says which.
func (s *StaleWitness) Error() string { return fmt.Sprintf("its last checkpoint has size %d", s.Size) }

// consistency proves that the tree of size contains the tree of old.
func (l *Log) consistency(ctx context.Context, old, size int64) ([][]byte, error) {
	if old == 0 || old == size {
		return nil, nil
	}
	var proof tlog.TreeProof
	err := l.db.View(ctx, func(tx *db.Tx) (err error) {
		proof, err = tlog.ProveTree(size, old, tilesOf(tx).reader())
		return err
	})
	return hashList(proof), err
}

func hashList(hashes []tlog.Hash) [][]byte {
	list := make([][]byte, len(hashes))
	for i, h := range hashes {
		list[i] = h[:]
	}
	return list
}

// copyEntries puts the tiles and bundles of a size into the copy in the
// folder, beside those that its checkpoint needs.
func (l *Log) copyEntries(ctx context.Context, size int64) error {
	return l.inCopy(size, func(c *copied) error {
		for _, t := range tlog.NewTiles(tileHeight, l.copied, size) {
			var hashes []byte
			var leaves [][32]byte
			err := l.db.View(ctx, func(tx *db.Tx) (err error) {
				if hashes, err = selectTile(tx, t.L, t.N); err == nil && t.L == 0 {
					leaves, err = selectLeaves(tx, t.N*tileWidth, t.N*tileWidth+int64(t.W))
				}
				return err
			})
			if err == nil && len(hashes) < t.W*hashSize {
				err = fmt.Errorf("tile %s of the log is missing or too short", TilePath(t.L, t.N, t.W))
			}
			if err == nil {
				err = c.put(TilePath(t.L, t.N, t.W), hashes[:t.W*hashSize])
			}
			if err == nil && t.L == 0 {
				err = c.put(BundlePath(t.N, t.W), bundle(leaves))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// copyCheckpoint lets the copy have this size, and removes what only its last
// size needed.
func (l *Log) copyCheckpoint(size int64, checkpoint []byte) error {
	return l.inCopy(size, func(c *copied) error {
		if err := errors.Join(c.put(checkpointName, checkpoint), c.flush()); err != nil {
			return err
		}
		for _, t := range tlog.NewTiles(tileHeight, l.copied, size) {
			err := removeNarrower(c.root, TilePath(t.L, t.N, t.W), t.W)
			if err == nil && t.L == 0 {
				err = removeNarrower(c.root, BundlePath(t.N, t.W), t.W)
			}
			if err != nil {
				return err
			}
		}
		l.copied = size
		return nil
	})
}

// inCopy does something in the folder of the copy, and makes it durable, unless
// there is none or it has this size: another process may have copied more.
func (l *Log) inCopy(size int64, do func(*copied) error) (err error) {
	if l.dir == "" || l.copied >= size {
		return nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("copy the log out: %w", err)
		}
	}()
	c, err := openCopied(l.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if l.copied = l.readCopied().Size; l.copied >= size {
		return nil
	}
	return errors.Join(do(c), c.flush())
}

// readCopied is the state of the log as it was copied out last: the zero State
// if there is no copy, or none that is signed.
func (l *Log) readCopied() keys.State {
	signed, err := os.ReadFile(filepath.Join(l.dir, checkpointName))
	if l.dir == "" || err != nil {
		return keys.State{}
	}
	c, err := OpenCheckpoint(signed, l.ring.Vkey())
	if err != nil {
		return keys.State{}
	}
	return keys.State{Size: c.Size, Root: c.Root[:]}
}

// checkpointName is the file of a copy that says which size it has.
const checkpointName = "checkpoint"

// copied is the folder of a copy while it is written, by one process at a time.
type copied struct {
	root    *os.Root
	held    *os.File
	changed map[string]bool // folders in which names are new
}

func openCopied(dir string) (c *copied, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	c = &copied{changed: map[string]bool{}}
	if c.root, err = os.OpenRoot(dir); err != nil {
		return nil, err
	}
	if c.held, err = c.root.Open("."); err == nil {
		err = syscall.Flock(int(c.held.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// close lets others have the folder.
func (c *copied) close() error { return errors.Join(c.held.Close(), c.root.Close()) }

// put writes a file, whole or not at all. Its name is durable behind flush.
func (c *copied) put(path string, content []byte) error {
	if err := c.root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := c.root.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	for dir := filepath.Dir(path); dir != "."; dir = filepath.Dir(dir) {
		c.changed[dir] = true
	}
	c.changed["."] = true
	return c.root.Rename(path+".new", path)
}

// flush makes the names of what was put durable.
func (c *copied) flush() error {
	for dir := range c.changed {
		f, err := c.root.Open(dir)
		if err == nil {
			err = errors.Join(f.Sync(), f.Close())
		}
		if err != nil {
			return err
		}
		delete(c.changed, dir)
	}
	return nil
}

// removeNarrower removes the forms of a tile or bundle that have fewer entries.
// Those that have more may be another process's, which is about to sign them.
func removeNarrower(root *os.Root, path string, width int) error {
	if width == tileWidth {
		return root.RemoveAll(path + ".p")
	}
	names, err := fs.ReadDir(root.FS(), filepath.Dir(path))
	for _, old := range names {
		n, strange := strconv.Atoi(strings.TrimSuffix(old.Name(), ".new")) // or what was being written
		if err == nil && strange == nil && n < width {
			err = root.Remove(filepath.Join(filepath.Dir(path), old.Name()))
		}
	}
	return err
}
