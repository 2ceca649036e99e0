package uploads

import (
	"context"
	"errors"
	"fmt"
	"io"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/vault"
)

// maxFlying is how many requests of one person may bring bytes at once.
const maxFlying = 4

// use is the spot's use for one operation.
func (s *Spot) use(op policy.Operation) vault.Use {
	u := s.Use
	u.Operation, u.Fields = op, []string{s.Field}
	return u
}

// most is how large a file may be.
func (s *Spot) most() int64 {
	if s.Max <= 0 {
		return DefaultMax
	}
	return min(s.Max, MaxSize)
}

// file is a new file of the spot, of a size, or of -1 if nobody knows yet.
func (u *Uploads) file(s *Spot, name string, size int64) (*File, error) {
	now := u.Clock.Now()
	f := &File{
		Subject: s.Use.Subject, ID: id.New(now), Scope: s.Use.Scope, Field: s.Field, State: Received, Size: size,
		Created: now, Changed: now, Name: CleanName(name), kinds: s.Kinds, most: s.most(), revision: 1,
	}
	if len(f.kinds) == 0 {
		f.kinds = AllKinds()
	}
	switch {
	case size > f.most:
		return nil, refusal{TooLarge}
	case size == 0:
		return nil, refusal{Empty}
	}
	return f, nil
}

// Begin announces a file of a size, or of -1 if nobody knows yet. The field is
// decided on before a byte is taken.
func (u *Uploads) Begin(ctx context.Context, s *Spot, name string, size int64) (*File, error) {
	f, err := u.file(s, name, size)
	if err != nil {
		return nil, err
	}
	err = u.Vault.Update(ctx, func(tx *db.Tx) error {
		permit, err := u.Vault.Permit(tx, s.use(policy.Collect))
		if err != nil {
			return err
		}
		h, err := u.Vault.NewFile(tx, permit, f.vault())
		if err != nil {
			return err
		}
		return u.begun(tx, s, f, h)
	})
	if err != nil {
		return nil, fmt.Errorf("begin a file: %w", err)
	}
	return f, nil
}

// begun writes the row of a new file, behind the gate: that orders those that
// begin at once, so that they are counted.
func (u *Uploads) begun(tx *db.Tx, s *Spot, f *File, h *vault.Files) (err error) {
	if err := u.room(tx, s, f); err != nil {
		return err
	}
	if f.sealed, err = h.SealName(f.ID, f.Name); err != nil {
		return err
	}
	return insertFile(tx, f)
}

// room makes room for one more file: what was refused before gives way, and
// what was never sent to its end does where there is no other room.
func (u *Uploads) room(tx *db.Tx, s *Spot, f *File) error {
	list, err := selectScope(tx, f.Subject, f.Scope)
	if err != nil {
		return err
	}
	n := 0
	var unfinished []*File
	for _, other := range list {
		switch {
		case other.Field != f.Field, !other.Attached.IsZero(): // what was submitted stays, whatever comes
		case other.State == Refused:
			if err := u.destroy(tx, other); err != nil {
				return err
			}
		case other.State == Received:
			unfinished = append(unfinished, other)
			n++
		case other.State != Refused:
			n++
		}
	}
	for ; n >= max(1, s.Count) && len(unfinished) > 0; n-- {
		if err := u.destroy(tx, unfinished[0]); err != nil {
			return err
		}
		unfinished = unfinished[1:]
	}
	if n >= max(1, s.Count) {
		return errCount
	}
	return nil
}

// destroy removes a file for ever: its key, its row, and later its bytes.
func (u *Uploads) destroy(tx *db.Tx, f *File) error {
	ok, err := deleteFile(tx, f)
	if err != nil {
		return err
	}
	if !ok {
		return errMoved
	}
	if err := u.dropBytes(tx, f); err != nil {
		return err
	}
	return u.Vault.ForgetFile(tx, f.Subject, f.ID)
}

// dropBytes has the bytes of a file erased once the transaction is durable.
func (u *Uploads) dropBytes(tx *db.Tx, f *File) error {
	parts, err := selectParts(tx, f)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := u.Jobs.Enqueue(tx, jobs.New{Kind: jobErase, Payload: map[string]string{"blob": p.blob}}); err != nil {
			return err
		}
	}
	return deleteParts(tx, f)
}

// Own returns a file of the spot. Somebody else's, or another field's, is not
// found; that somebody asked for it is recorded.
func (u *Uploads) Own(ctx context.Context, s *Spot, fileID string) (*File, error) {
	f, err := u.find(ctx, fileID)
	if err != nil {
		return nil, err
	}
	if f.Subject != s.Use.Subject {
		return nil, u.stranger(ctx, s.Use.Actor, f)
	}
	if f.Scope != s.Use.Scope || f.Field != s.Field {
		return nil, errNotFound
	}
	return f, nil
}

func (u *Uploads) find(ctx context.Context, fileID string) (f *File, err error) {
	if !id.Valid(fileID) {
		return nil, errNotFound
	}
	err = u.DB.Glance(ctx, func(tx *db.Tx) error {
		f, err = selectFile(tx, fileID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find a file: %w", err)
	}
	if f == nil {
		return nil, errNotFound
	}
	return f, nil
}

// stranger has the policy deny, and the vault record, that somebody asked for
// a file that is not theirs. They are told that there is none.
func (u *Uploads) stranger(ctx context.Context, actor policy.Actor, f *File) error {
	use := vault.Use{
		Actor: actor, Subject: f.Subject, Activity: u.Apply(f.Field), Operation: policy.Use, Scope: f.Scope, Fields: []string{f.Field},
	}
	err := u.Vault.Update(ctx, func(tx *db.Tx) error {
		_, err := u.Vault.Permit(tx, use)
		return err
	})
	if err != nil && fault.KindOf(err) != fault.Denied {
		return err
	}
	return errNotFound.Because(err)
}

// fly counts a request that brings bytes.
func (u *Uploads) fly(subject string) (land func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.flying[subject] >= maxFlying {
		return nil, errBusy
	}
	u.flying[subject]++
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.flying[subject]--; u.flying[subject] == 0 {
			delete(u.flying, subject)
		}
	}, nil
}

// Write takes bytes of a file from an offset on, which must be where it
// stands. It ends when the file is whole, or when body ends or fails: then
// what came is kept as far as it fills whole chunks, and the file that is
// returned says where to go on. A file of unknown size is whole when its body
// ends. A whole file is examined before Write returns, if nothing it needs is
// away.
func (u *Uploads) Write(ctx context.Context, s *Spot, fileID string, offset int64, body io.Reader) (*File, error) {
	land, err := u.fly(s.Use.Subject)
	if err != nil {
		return nil, err
	}
	defer land()
	f, err := u.Own(ctx, s, fileID)
	if err != nil {
		return nil, err
	}
	if f.State != Received {
		return f, errMoved
	}
	if f.Got != offset {
		return f, errOffset
	}
	var h *vault.Files
	err = u.Vault.Update(ctx, func(tx *db.Tx) error {
		now, err := selectFile(tx, f.ID)
		if err != nil {
			return err
		}
		if now == nil || now.revision != f.revision {
			return errMoved
		}
		permit, err := u.Vault.Permit(tx, s.use(policy.Collect))
		if err != nil {
			return err
		}
		h, err = u.Vault.OpenFiles(tx, permit, f.vault())
		return err
	})
	if err != nil {
		return f, fmt.Errorf("write a file: %w", err)
	}
	return u.receive(ctx, f, h, body)
}

// Resumable reports whether an error of Write leaves the file as it says, to
// be gone on with.
func Resumable(err error) bool { return errors.Is(err, errCut) || errors.Is(err, errOffset) }

// errCut says that the bytes ended before the file did.
var errCut = fault.New(fault.Invalid, "uploads.error.cut")

// IsRefused reports whether an error of Write is that the file was refused: its
// row says why, and its bytes are destroyed.
func IsRefused(err error) bool {
	var r refusal
	return errors.As(err, &r)
}
