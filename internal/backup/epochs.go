package backup

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"portico/internal/keys"
	"portico/internal/platform/db"
)

// NodeGone is after how long a node has ended that has not said which keys it
// holds.
const NodeGone = time.Hour

// DestroyEpochs destroys the keys of epochs that ended before their time, which
// after tells, and says of each other one why its key stays. The clock alone
// destroys nothing: no row may name it (used counts them), no node may hold it,
// and a key backup under a later one was restored in a drill.
func DestroyEpochs(ctx context.Context, d *db.DB, ring *keys.Ring, used map[int64]int64, now time.Time, after func(time.Time) (time.Time, error)) (gone []int64, kept map[int64]string, err error) {
	began, err := ring.Begins()
	if err != nil {
		return nil, nil, err
	}
	var drill Drill
	var held int64
	if err := d.View(ctx, func(tx *db.Tx) (err error) {
		if drill, err = Drilled(tx); err == nil {
			held, err = Oldest(tx, now.Add(-NodeGone))
		}
		return err
	}); err != nil {
		return nil, nil, fmt.Errorf("look what may be destroyed: %w", err)
	}
	kept = map[int64]string{}
	all := slices.Sorted(maps.Keys(began))
	for i, n := range all[:len(all)-1] {
		due, err := after(began[all[i+1]])
		switch {
		case err != nil:
			return gone, kept, err
		case used[n] > 0:
			kept[n] = fmt.Sprintf("%d keys are wrapped under it", used[n])
		case held > 0 && held <= n:
			kept[n] = "a node that serves the portal still holds it"
		case drill.Epoch <= n:
			kept[n] = "no key backup under a later one was restored in a drill"
		case now.Before(due):
			kept[n] = "it is kept until " + due.UTC().Format("2006-01-02 15:04:05 UTC")
		default:
			if err := ring.Destroy(n); err != nil {
				return gone, kept, err
			}
			gone = append(gone, n)
		}
	}
	return gone, kept, nil
}
