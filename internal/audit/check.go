package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"portico/internal/keys"
	"portico/internal/platform/db"
)

// tail is how many of the newest leaves are looked at when the log is opened.
const tail = 512

// advice is what to do about a log that is not whole.
const advice = "the log's tables were changed from outside, or the database is an older copy. Stop here, keep this database for the inquiry, and restore the newest backup; portico prove lists every fault"

// checkTail refuses a log whose newest part is not whole, or that is behind
// what was signed: as the signer remembers it, and as the copy shows it that was
// published, should the signer's memory be old too.
func (l *Log) checkTail(ctx context.Context) error {
	memory, err := l.memory()
	if err != nil {
		return err
	}
	l.copied = memory[1].Size
	return l.db.View(ctx, func(tx *db.Tx) error {
		t, err := selectTree(tx)
		if err != nil {
			return err
		}
		for _, last := range memory {
			if err := startsWith(tx, t, last); err != nil {
				return fmt.Errorf("%w: %s", err, advice)
			}
		}
		if err := l.checkTree(tx, t, max(0, t.size-tail)); err != nil {
			return fmt.Errorf("%w: %s", err, advice)
		}
		events, err := selectLeafEvents(tx, max(0, t.size-tail), t.size)
		if err != nil {
			return err
		}
		waiting, err := selectPendingEvents(tx, tail)
		if err != nil {
			return err
		}
		fault, err := l.checkEvents(tx, append(events, waiting...))
		if err == nil && fault != "" {
			err = fmt.Errorf("%s: %s", fault, advice)
		}
		return err
	})
}

// memory is what is known of the log outside the database: what the signer
// signed last, and what was copied out last. It is read before the database,
// which was first to know.
func (l *Log) memory() ([2]keys.State, error) {
	signed, err := l.ring.Signed()
	return [2]keys.State{signed, l.readCopied()}, err
}

// startsWith refuses a tree that does not begin with what was signed.
func startsWith(tx *db.Tx, t tree, last keys.State) error {
	if last.Size == 0 {
		return nil
	}
	if last.Size > t.size {
		return fmt.Errorf("%d entries of the log were signed and published, and the database holds %d", last.Size, t.size)
	}
	root, err := tilesOf(tx).root(last.Size)
	if err == nil && string(root[:]) != string(last.Root) {
		err = fmt.Errorf("the first %d entries of the log are not those that were signed", last.Size)
	}
	return err
}

// checkTree compares leaves from an index on with the tiles, and the tiles
// above them with the root.
func (l *Log) checkTree(tx *db.Tx, t tree, from int64) error {
	if beyond, err := countLeavesBeyond(tx, t.size); err != nil {
		return err
	} else if beyond > 0 {
		return fmt.Errorf("%d leaves of the log stand behind its end", beyond)
	}
	if t.size == 0 {
		return nil
	}
	from -= from % tileWidth
	for level, lo, hi := 0, from, t.size; hi > 0; level, lo, hi = level+1, lo/tileWidth, hi/tileWidth {
		for n := lo / tileWidth; n*tileWidth < hi; n++ {
			tile, err := selectTile(tx, level, n)
			if err != nil {
				return err
			}
			width := min(tileWidth, hi-n*tileWidth)
			if int64(len(tile)) != width*hashSize {
				return fmt.Errorf("tile %s of the log has the wrong length", TilePath(level, n, int(width)))
			}
			if level == 0 {
				if err := l.checkTile(tx, tile, n); err != nil {
					return err
				}
			}
			if width < tileWidth {
				continue
			}
			above, err := selectTile(tx, level+1, n/tileWidth)
			if err != nil {
				return err
			}
			at := n % tileWidth * hashSize
			if want := subtree(tile); int64(len(above)) < at+hashSize || string(above[at:at+hashSize]) != string(want[:]) {
				return fmt.Errorf("tile %s of the log is not what the tile above it says", TilePath(level, n, tileWidth))
			}
		}
	}
	root, err := tilesOf(tx).root(t.size)
	if err != nil {
		return err
	}
	if string(root[:]) != string(t.root) {
		return errors.New("the log's root is not that of its tiles")
	}
	return nil
}

// checkTile compares a tile of level 0 with its leaves.
func (l *Log) checkTile(tx *db.Tx, tile []byte, n int64) error {
	width := int64(len(tile) / hashSize)
	leaves, err := selectLeaves(tx, n*tileWidth, n*tileWidth+width)
	if err != nil {
		return err
	}
	for i, leaf := range leaves {
		if h := tlog.RecordHash(leaf[:]); string(tile[i*hashSize:(i+1)*hashSize]) != string(h[:]) {
			return fmt.Errorf("leaf %d of the log was changed", n*tileWidth+int64(i))
		}
	}
	return nil
}

// checkEvents looks at events of the tail, and whether the gates of their
// people counted no more than there are. It returns the first fault, in words.
func (l *Log) checkEvents(tx *db.Tx, events []stored) (fault string, err error) {
	openers := map[string]*opener{}
	for _, e := range events {
		if e.leaf == nil {
			return fmt.Sprintf("event %d of %s is gone, or has another leaf", e.n, e.subject), nil
		}
		o, ok := openers[e.subject]
		if !ok {
			o = l.opener(tx, e.subject)
			openers[e.subject] = o
			counted, err := l.keeper.Gate(tx, e.subject)
			if err != nil {
				return fmt.Sprintf("%s has events and no gate", e.subject), nil
			}
			last, err := selectLast(tx, e.subject)
			if err != nil {
				return "", err
			}
			if counted != last {
				return fmt.Sprintf("the gate of %s has counted %d events and the last one is %d", e.subject, counted, last), nil
			}
		}
		if _, _, _, err := o.open(&e); err != nil {
			return fmt.Sprintf("%s: %v", e.subject, err), nil
		}
	}
	return "", nil
}

// Findings is what a full examination of the log found.
type Findings struct {
	Events     int64  // how many there are
	Leaves     int64  // how many of them are in the tree
	Pending    int64  // how many wait
	Gone       int64  // events that nobody can read any more, since their time was over; their leaves stand in the tree
	Lost       int64  // entries whose events a restore did not bring back, as the log tells
	Restored   int64  // when that was last, in microseconds; 0: never
	Signed     int64  // how many the last checkpoint covers
	Witnesses  int    // how many cosign; with none, a fork could stay unseen
	Checkpoint string // the last one, as published
	Faults     []string
	More       int // faults beyond those listed
}

// Kept reports whether nothing was found.
func (f *Findings) Kept() bool { return len(f.Faults) == 0 }

func (f *Findings) fault(text string) {
	if len(f.Faults) < 100 {
		f.Faults = append(f.Faults, text)
	} else {
		f.More++
	}
}

// Check examines the whole log: every event opens, or its time was over, and has the leaf that its
// content gives; each person's numbers run 1, 2, 3 … up to what the gate says;
// every event stands in the tree or waits for it; the tree's tiles are those of
// its leaves; its root is the one signed, and it
// begins with what was signed and copied out before. The error says only that the
// examination itself could not be finished.
func (l *Log) Check(ctx context.Context) (*Findings, error) {
	f := &Findings{Witnesses: len(l.witnesses)}
	memory, err := l.memory()
	if err == nil {
		err = l.db.View(ctx, func(tx *db.Tx) error {
			*f = Findings{Witnesses: len(l.witnesses)}
			return l.checkAll(tx, memory, f)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("examine the log: %w", err)
	}
	return f, nil
}

func (l *Log) checkAll(tx *db.Tx, memory [2]keys.State, f *Findings) error {
	t, err := selectTree(tx)
	if errors.Is(err, errNoTree) {
		f.fault(err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	f.Leaves, f.Signed, f.Checkpoint = t.size, t.signed, t.checkpoint
	if err := l.checkTree(tx, t, 0); err != nil {
		f.fault(err.Error())
	}
	l.checkSigned(tx, t, memory, f)
	if err := selectLostLeaves(tx, f.fault); err != nil {
		return err
	}
	gates := map[string]int64{}
	if err := l.keeper.Gates(tx, func(subject string, n int64) error {
		if n > 0 {
			gates[subject] = n
		}
		return nil
	}); err != nil {
		return err
	}
	if err := l.checkPeople(tx, gates, f); err != nil {
		return err
	}
	for subject, n := range gates {
		f.fault(fmt.Sprintf("the gate of %s has counted %d events and the log holds none", subject, n))
	}
	gone, err := countLost(tx)
	if err != nil {
		return err
	}
	if gone != f.Lost {
		f.fault(fmt.Sprintf("%d entries of the log are marked as lost, and restores told of %d", gone, f.Lost))
	}
	f.Pending, err = countPending(tx)
	if err == nil && f.Events != f.Leaves-gone+f.Pending {
		f.fault(fmt.Sprintf("there are %d events; %d are in the tree and %d wait", f.Events, f.Leaves-gone, f.Pending))
	}
	return err
}

// checkSigned compares the tree with what was signed and the checkpoint.
func (l *Log) checkSigned(tx *db.Tx, t tree, memory [2]keys.State, f *Findings) {
	for _, last := range memory {
		if err := startsWith(tx, t, last); err != nil {
			f.fault(err.Error())
		}
	}
	if t.checkpoint == "" && t.signed == 0 {
		return
	}
	c, err := OpenCheckpoint([]byte(t.checkpoint), l.ring.Vkey())
	if err != nil {
		f.fault(err.Error())
		return
	}
	if root, err := tilesOf(tx).root(min(c.Size, t.size)); err != nil || c.Size != t.signed || root != tlog.Hash(c.Root) {
		f.fault("the checkpoint that is served is not that of the tree")
	}
}

// person is where checkPeople stands.
type person struct {
	subject string
	o       *opener
	next    int64
}

// checkPeople reads every event in the order of people and numbers, takes each
// person off the gates, and reports what does not fit.
func (l *Log) checkPeople(tx *db.Tx, gates map[string]int64, f *Findings) error {
	var p person
	for {
		page, err := pageEvents(tx, p.subject, p.next-1, batch)
		if err != nil {
			return err
		}
		for _, e := range page {
			if e.subject != p.subject {
				p.leave(gates, f)
				p = person{subject: e.subject, o: l.opener(tx, e.subject), next: 1}
			}
			f.Events++
			if e.n != p.next {
				f.fault(fmt.Sprintf("events %d to %d of %s are gone", p.next, e.n-1, e.subject))
			}
			p.next = e.n + 1
			if e.index < 0 && !e.pending {
				f.fault(fmt.Sprintf("event %d of %s is neither in the tree nor waiting for it", e.n, e.subject))
			}
			event, _, there, err := p.o.open(&e)
			switch {
			case err != nil:
				f.fault(fmt.Sprintf("%s: %v", e.subject, err))
			case !there:
				f.Gone++
			}
			if event.Subject == System && event.Activity == ActivityRestore {
				if n, _ := strconv.ParseInt(event.Facts[factLost], 10, 64); n > 0 {
					f.Lost, f.Restored = f.Lost+n, event.At
				}
			}
		}
		if len(page) < batch {
			p.leave(gates, f)
			return nil
		}
	}
}

func (p *person) leave(gates map[string]int64, f *Findings) {
	if p.subject == "" {
		return
	}
	if n := gates[p.subject]; n != p.next-1 {
		f.fault(fmt.Sprintf("the gate of %s has counted %d events and the last one is %d", p.subject, n, p.next-1))
	}
	delete(gates, p.subject)
}
