package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"

	"github.com/gowebpki/jcs"
	"golang.org/x/mod/sumdb/tlog"

	"portico/internal/platform/db"
)

// RecordType is the type of the records that Record makes.
const RecordType = "portico/access-record/1"

// RecordsType is the type of the files that hold many records.
const RecordsType = "portico/access-records/1"

// Records is what a person downloads of many events: each of them as its own
// file holds it, the newest first. Next is where the older ones are.
type Records struct {
	Type    string    `json:"type"`
	Records []*Record `json:"records"`
	Next    string    `json:"next,omitempty"`
}

// SplitRecords returns the records that a downloaded file of many holds, or
// the file itself when it is not of that type. It verifies nothing.
func SplitRecords(file []byte) ([][]byte, error) {
	var list struct {
		Type    string            `json:"type"`
		Records []json.RawMessage `json:"records"`
		Next    string            `json:"next"`
	}
	if json.Unmarshal(file, &list) != nil || list.Type != RecordsType {
		return [][]byte{file}, nil
	}
	if err := strict(file, &list); err != nil {
		return nil, fmt.Errorf("the file does not hold records: %w", err)
	}
	if len(list.Records) == 0 {
		return nil, errors.New("the file holds no record")
	}
	records := make([][]byte, len(list.Records))
	for i, r := range list.Records {
		records[i] = r
	}
	return records, nil
}

// Record is what a person downloads of one event: enough to verify, with the
// published key and nothing else, that the log held it.
type Record struct {
	Type       string          `json:"type"`
	Event      json.RawMessage `json:"event"`
	Salt       []byte          `json:"salt"`
	Index      int64           `json:"index"`
	Inclusion  [][]byte        `json:"inclusion"`
	Checkpoint string          `json:"checkpoint"`
	Original   *Record         `json:"original,omitempty"` // of what was revealed
}

// errNotCovered says that no checkpoint covers the event yet.
var errNotCovered = errors.New("no checkpoint covers the event yet")

func (l *Log) record(ctx context.Context, subject string, n int64) (rec *Record, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		t, err := selectTree(tx)
		if err != nil {
			return err
		}
		var e Event
		if rec, e, err = l.recordIn(tx, &t, subject, n); err != nil || e.Kind != KindRevealed {
			return err
		}
		number, err := strconv.ParseInt(e.Facts[FactNumber], 10, 64)
		if err == nil {
			rec.Original, _, err = l.recordIn(tx, &t, e.Facts[FactSeries], number)
		}
		return err
	})
	return rec, err
}

func (l *Log) recordIn(tx *db.Tx, t *tree, subject string, n int64) (*Record, Event, error) {
	s, err := selectEvent(tx, subject, n)
	if err != nil {
		return nil, Event{}, err
	}
	if s.index < 0 || s.index >= t.signed {
		return nil, Event{}, errNotCovered
	}
	e, salt, there, err := l.opener(tx, subject).open(&s)
	if err == nil && !there {
		err = errNoEvent
	}
	if err != nil {
		return nil, e, err
	}
	proof, err := tlog.ProveRecord(t.signed, s.index, tilesOf(tx).reader())
	if err != nil {
		return nil, e, err
	}
	return &Record{Type: RecordType, Event: e.canonical(nil), Salt: salt, Index: s.index, Inclusion: hashList(proof), Checkpoint: t.checkpoint}, e, nil
}

// Verified is what a record proves.
type Verified struct {
	Event      Event
	Index      int64
	Leaf       [32]byte
	Checkpoint Checkpoint
	Original   *Verified // of what was revealed, what happened then
}

// recordLimit is how long a record may be.
const recordLimit = 1 << 20

// VerifyRecord checks a downloaded record with the log's published key: the
// event is the one whose leaf stands at its place in the tree that the log
// signed. It needs no network and believes nothing in the record.
func VerifyRecord(record []byte, vkey string) (*Verified, error) {
	if len(record) > recordLimit {
		return nil, errors.New("the file is too long to be a record")
	}
	canonical, err := jcs.Transform(record) // refuses what two readers could read differently
	if err != nil {
		return nil, fmt.Errorf("the file is not a record: %w", err)
	}
	var rec Record
	if err := strict(canonical, &rec); err != nil {
		return nil, fmt.Errorf("the file is not a record: %w", err)
	}
	v, err := rec.verify(vkey)
	if err != nil {
		return nil, err
	}
	if revealed := v.Event.Kind == KindRevealed; revealed != (rec.Original != nil) {
		return nil, errors.New("the record does not hold what was revealed, or more than that")
	} else if !revealed {
		return v, nil
	}
	if v.Original, err = rec.Original.verify(vkey); err != nil {
		return nil, fmt.Errorf("what was revealed: %w", err)
	}
	if rec.Original.Original != nil || !v.Event.reveals(v.Original) {
		return nil, errors.New("the record holds something else than what was revealed")
	}
	return v, nil
}

// reveals reports whether an event tells of the original all that it said.
func (e *Event) reveals(o *Verified) bool {
	is := &o.Event
	return e.Facts[FactLeaf] == hex.EncodeToString(o.Leaf[:]) && e.Facts[FactSeries] == is.Subject && e.Facts[FactNumber] == strconv.FormatInt(is.N, 10) &&
		e.Facts[FactHappened] == strconv.FormatInt(is.At, 10) && e.Facts[FactWas] == is.Kind && is.Facts[FactPerson] == e.Subject &&
		e.Actor == is.Actor && e.Activity == is.Activity && e.Purpose == is.Purpose && e.Basis == is.Basis && e.Scope == is.Scope &&
		e.Reason == is.Reason && e.Reference == is.Reference && e.Policy == is.Policy && slices.Equal(e.Fields, is.Fields)
}

// verify checks the record of one event.
func (rec *Record) verify(vkey string) (v *Verified, err error) {
	if rec.Type != RecordType {
		return nil, fmt.Errorf("the file is of type %.40q, not %q", rec.Type, RecordType)
	}
	v = &Verified{Index: rec.Index}
	if err := strict(rec.Event, &v.Event); err != nil {
		return nil, fmt.Errorf("the record holds no event: %w", err)
	}
	if err := v.Event.valid(); err != nil {
		return nil, err
	}
	event := v.Event.canonical(nil)
	switch {
	case v.Event.V != eventVersion:
		return nil, fmt.Errorf("the event has version %d: a newer Portico verifies it", v.Event.V)
	case !bytes.Equal(event, rec.Event):
		return nil, errors.New("the event holds something that no event has")
	case len(rec.Salt) != saltSize:
		return nil, errors.New("the record's salt is not 32 bytes long")
	case len(rec.Inclusion) > 64:
		return nil, errors.New("the record's proof is too long to be one")
	}
	if v.Checkpoint, err = OpenCheckpoint([]byte(rec.Checkpoint), vkey); err != nil {
		return nil, err
	}
	if v.Event.Instance != v.Checkpoint.Origin {
		return nil, fmt.Errorf("the event is of %q and the log of %q", v.Event.Instance, v.Checkpoint.Origin)
	}
	proof := make(tlog.RecordProof, len(rec.Inclusion))
	for i, h := range rec.Inclusion {
		if len(h) != hashSize {
			return nil, errors.New("the record's proof holds something else than hashes")
		}
		proof[i] = tlog.Hash(h)
	}
	if rec.Index < 0 || rec.Index >= v.Checkpoint.Size {
		return nil, errors.New("the record's place is not in the tree of its checkpoint")
	}
	v.Leaf = leafOf(rec.Salt, event)
	if err := tlog.CheckRecord(proof, v.Checkpoint.Size, v.Checkpoint.Root, rec.Index, tlog.RecordHash(v.Leaf[:])); err != nil {
		return nil, errors.New("the event is not what the log holds at its place: it was changed, or the log never held it")
	}
	return v, nil
}

func strict(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows its end")
	}
	return nil
}

// Against checks that a copy of the log, as downloaded (a file checkpoint and
// the tiles beneath tile/), contains the record and all that its checkpoint
// covered: that the log only grew since. A copy older than the record cannot
// tell, which is an error too.
func (v *Verified) Against(log fs.FS, vkey string) (Checkpoint, error) {
	signed, err := readBounded(log, "checkpoint", checkpointLimit)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read the copy of the log: %w", err)
	}
	c, err := OpenCheckpoint(signed, vkey)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the copy of the log: %w", err)
	}
	if c.Size < v.Checkpoint.Size {
		return c, fmt.Errorf("the copy of the log has %d entries and the record's checkpoint covers %d: the log shrank, or the copy is older than the record; take a newer copy", c.Size, v.Checkpoint.Size)
	}
	reader := tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, folder{log})
	root, err := tlog.TreeHash(v.Checkpoint.Size, reader)
	if err != nil {
		return c, fmt.Errorf("the copy of the log does not fit its own checkpoint: %w", err)
	}
	if root != v.Checkpoint.Root {
		return c, fmt.Errorf("the log was rewritten: its first %d entries are not those that it signed in the record's checkpoint", v.Checkpoint.Size)
	}
	hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, v.Index)})
	if err != nil {
		return c, fmt.Errorf("the copy of the log does not fit its own checkpoint: %w", err)
	}
	if hashes[0] != tlog.RecordHash(v.Leaf[:]) {
		return c, errors.New("the log holds another event at the record's place")
	}
	if v.Original != nil {
		return v.Original.Against(log, vkey)
	}
	return c, nil
}

// folder is a downloaded copy of a log, as tlog reads one.
type folder struct{ fs.FS }

func (folder) Height() int { return tileHeight }

func (folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(want))
	for i, t := range want {
		b, err := readBounded(f.FS, TilePath(t.L, t.N, t.W), tileWidth*hashSize)
		if errors.Is(err, fs.ErrNotExist) && t.W < tileWidth { // it may have been full when it was copied
			b, err = readBounded(f.FS, TilePath(t.L, t.N, tileWidth), tileWidth*hashSize)
		}
		if err != nil {
			return nil, err
		}
		if len(b) < t.W*hashSize {
			return nil, fmt.Errorf("tile %s is too short", TilePath(t.L, t.N, t.W))
		}
		data[i] = b[:t.W*hashSize]
	}
	return data, nil
}

func readBounded(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s is too long", name)
	}
	return b, err
}
