package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"portico/internal/backup"
	"portico/internal/instance"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/proof"
	"portico/internal/vault"
)

// nodeEvery is how often a node says which keys it holds.
const nodeEvery = time.Minute

// watchEpochs takes the epochs that a rotation began, drops the keys of those
// that no row names any more, and says in the store which ones are held here,
// until ctx ends: a key is destroyed only when every node has dropped it.
func (p *portal) watchEpochs(ctx context.Context, report func(error)) {
	node := backup.Node{ID: id.New(p.clock.Now())}
	ticker := time.NewTicker(nodeEvery)
	defer ticker.Stop()
	for {
		if err := p.sayEpochs(ctx, node); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			if err := p.db.Update(ctx, func(tx *db.Tx) error { return node.Leave(tx, p.clock.Now().Add(-backup.NodeGone)) }); err != nil {
				report(err)
			}
			return
		case <-ticker.C:
		}
	}
}

func (p *portal) sayEpochs(ctx context.Context, node backup.Node) error {
	if err := p.ring.Reload(); err != nil {
		return err
	}
	used, err := vault.EpochUse(ctx, p.db)
	if err != nil {
		return err
	}
	p.ring.Drop(func(n int64) bool { return used[n] > 0 })
	node.Oldest, node.Newest, node.Seen = slices.Min(p.ring.Epochs()), p.ring.Epoch(), p.clock.Now()
	return p.db.Update(ctx, node.Note)
}

// DestroyEpochs destroys the keys of epochs that ended before the time that
// the instance declares, and says of each other one why its key stays.
func DestroyEpochs(ctx context.Context, dir string, d *db.DB, ring *keys.Ring) (gone []int64, kept map[int64]string, err error) {
	opts, err := LoadOptions(ring.Demo())
	if err != nil {
		return nil, nil, err
	}
	in, faults := instance.Load(os.DirFS(dir), opts)
	if len(faults) > 0 {
		return nil, nil, faulty(faults)
	}
	if string(in.Portal.ID) != ring.Instance() {
		return nil, nil, fmt.Errorf("the keys are of the instance %q, and %s is of %q", ring.Instance(), dir, in.Portal.ID)
	}
	if in.Portal.Backups == nil {
		return nil, nil, errors.New("portico.yaml declares no backups: nothing says when the key of an epoch may be destroyed")
	}
	used, err := vault.EpochUse(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	return backup.DestroyEpochs(ctx, d, ring, used, clock.System{}.Now(), in.Portal.Backups.After.After)
}

// copies is what the controls look at of backups and epochs.
func (p *portal) copies(ctx context.Context) (c proof.Copies, err error) {
	if b := p.live.Current().Portal.Backups; b != nil {
		if c.Epoch, c.After, c.Drill = b.Epoch, b.After, b.Drill; b.Required != nil {
			c.Every = b.Required.Every
		}
	}
	began, err := p.ring.Begins()
	if err != nil {
		return c, err
	}
	all := slices.Sorted(maps.Keys(began))
	c.Current, c.Began = all[len(all)-1], began[all[len(all)-1]]
	if len(all) > 1 {
		c.Ended = began[all[1]]
	}
	err = p.db.View(ctx, func(tx *db.Tx) error {
		drill, last, made, err := backup.Last(tx)
		c.Drilled, c.DrilledEpoch, c.Opened, c.Faults, c.Made = drill.At, drill.Epoch, drill.Opened, last.Faults, made
		if err == nil {
			c.Founded, err = vault.FoundedAt(tx)
		}
		if c.Began.IsZero() {
			c.Began = c.Founded
		}
		return err
	})
	return c, err
}
