package uploads

import (
	"context"
	"fmt"
	"io"
	"slices"

	"portico/internal/holdings"
	"portico/internal/platform/blobs"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/vault"
)

// reader reads the sealed bytes of a file, one blob after the other.
type reader struct {
	ctx   context.Context
	blobs blobs.Store
	list  []string
	open  io.ReadCloser
}

// Read reads on, in the next blob where one ends.
func (r *reader) Read(p []byte) (int, error) {
	for {
		if r.open == nil {
			if len(r.list) == 0 {
				return 0, io.EOF
			}
			var err error
			if r.open, err = r.blobs.Open(r.ctx, r.list[0]); err != nil {
				return 0, err
			}
			r.list = r.list[1:]
		}
		n, err := r.open.Read(p)
		if err == io.EOF { //nolint:errorlint // a reader's own end is never wrapped
			err = r.Close()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Close closes what is open.
func (r *reader) Close() error {
	if r.open == nil {
		return nil
	}
	err := r.open.Close()
	r.open = nil
	return err
}

// reader reads the sealed bytes of a version of a file.
func (u *Uploads) reader(ctx context.Context, list []part, version int64) io.ReadCloser {
	r := &reader{ctx: ctx, blobs: u.Blobs}
	for _, p := range list {
		if p.version == version {
			r.list = append(r.list, p.blob)
		}
	}
	return r
}

// List returns the files of a field with their names, which opens them: one
// event for the whole list. Of an empty list there is none.
func (u *Uploads) List(ctx context.Context, s *Spot) (list []*File, err error) {
	var h *vault.Files
	err = u.Vault.Update(ctx, func(tx *db.Tx) error {
		h = nil
		var names []vault.File
		if list, names, err = u.Sealed(tx, s.Use.Subject, s.Use.Scope, s.Field); err != nil || len(list) == 0 {
			return err
		}
		permit, err := u.Vault.Permit(tx, s.use(policy.Use))
		if err != nil {
			return err
		}
		h, err = u.Vault.OpenFiles(tx, permit, names...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	return list, Name(list, h)
}

// Sealed returns the files of some fields of a case without their names, and
// what the vault opens those by: whoever opens more of the case does it by the
// same use, and has Name give the files their names.
func (u *Uploads) Sealed(tx *db.Tx, subject, scope string, fields ...string) (list []*File, names []vault.File, err error) {
	all, err := selectScope(tx, subject, scope)
	if err != nil {
		return nil, nil, fmt.Errorf("find files: %w", err)
	}
	for _, f := range all {
		if slices.Contains(fields, f.Field) {
			list, names = append(list, f), append(names, f.vault())
		}
	}
	return list, names, nil
}

// Name opens the names of files that a use opened.
func Name(list []*File, h *vault.Files) (err error) {
	for _, f := range list {
		if f.Name, err = h.Name(f.ID, f.sealed); err != nil {
			return err
		}
		f.Name = f.shown()
	}
	return nil
}

// shown is the name that people see: it ends as the kind does.
func (f *File) shown() string {
	if f.State == Clean {
		return savedAs(f.Name, f.Kind)
	}
	return f.Name
}

// States returns the files of a case as their rows say, by id. It opens
// nothing: for those who have the names from the answers.
func (u *Uploads) States(ctx context.Context, subject, scope string) (map[string]*File, error) {
	var list []*File
	err := u.DB.View(ctx, func(tx *db.Tx) (err error) {
		list, err = selectScope(tx, subject, scope)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find the files of a case: %w", err)
	}
	out := make(map[string]*File, len(list))
	for _, f := range list {
		out[f.ID] = f
	}
	return out, nil
}

// Ready reports whether all these files of a case are clean.
func (u *Uploads) Ready(ctx context.Context, subject, scope string, ids []string) (bool, error) {
	states, err := u.States(ctx, subject, scope)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(ids, func(id string) bool { return states[id] == nil || states[id].State != Clean }), nil
}

// Attach ties files to a case that is submitted in this transaction: ids are
// those that its answers name. They must be whole, and not refused; one that
// still waits for the scanner stays closed until it was scanned. Every other
// file that was not submitted is destroyed: of the whole case, or of some fields
// of it whose answers are changed.
func (u *Uploads) Attach(tx *db.Tx, subject, scope string, ids []string, fields ...string) error {
	list, err := selectScope(tx, subject, scope)
	if err != nil {
		return fmt.Errorf("attach files: %w", err)
	}
	found := 0
	for _, f := range list {
		switch {
		case len(fields) > 0 && !slices.Contains(fields, f.Field):
		case slices.Contains(ids, f.ID):
			ok, err := attachFile(tx, f, u.Clock.Now())
			if err != nil {
				return fmt.Errorf("attach a file: %w", err)
			}
			if !ok {
				return errNotReady
			}
			found++
		case f.Attached.IsZero():
			if err := u.destroy(tx, f); err != nil {
				return err
			}
		}
	}
	if found != len(ids) {
		return errNotReady
	}
	return nil
}

// SweepFile has some of the bytes of a file erased that was disposed of, and
// says of how many parts: it is a holdings.Sweeper.
func (u *Uploads) SweepFile(tx *db.Tx, i holdings.Item, limit int) (int, error) {
	f := &File{Subject: i.Subject, ID: i.ID}
	parts, err := selectParts(tx, f)
	if err != nil {
		return 0, fmt.Errorf("sweep a file: %w", err)
	}
	parts = parts[:min(len(parts), limit)]
	for _, p := range parts {
		if err := u.Jobs.Enqueue(tx, jobs.New{Kind: jobErase, Payload: map[string]string{"blob": p.blob}}); err != nil {
			return 0, err
		}
		if err := deletePart(tx, f, p.blob); err != nil {
			return 0, fmt.Errorf("sweep a file: %w", err)
		}
	}
	return len(parts), nil
}

// Remove destroys a file of the spot that was not submitted yet.
func (u *Uploads) Remove(ctx context.Context, s *Spot, fileID string) error {
	f, err := u.Own(ctx, s, fileID)
	if err != nil {
		return err
	}
	err = u.Vault.Update(ctx, func(tx *db.Tx) error {
		now, err := selectFile(tx, f.ID)
		if err != nil {
			return err
		}
		if now == nil {
			return nil // a second click
		}
		if !now.Attached.IsZero() {
			return errMoved
		}
		permit, err := u.Vault.Permit(tx, s.use(policy.Collect))
		if err != nil {
			return err
		}
		if _, err := u.Vault.OpenFiles(tx, permit, now.vault()); err != nil {
			return err
		}
		return u.destroy(tx, now)
	})
	if err != nil {
		return fmt.Errorf("remove a file: %w", err)
	}
	return nil
}

// Content is a file that passed the gate.
type Content struct {
	*File
	io.ReadCloser
}

// Mine opens a file for the person whose it is.
func (u *Uploads) Mine(ctx context.Context, actor policy.Actor, fileID string) (*Content, error) {
	f, err := u.find(ctx, fileID)
	if err != nil {
		return nil, err
	}
	if f.Subject != actor.ID {
		return nil, u.stranger(ctx, actor, f)
	}
	return u.Open(ctx, fileID, func(_ *db.Tx, f *File) (vault.Use, error) {
		return vault.Use{Actor: actor, Subject: f.Subject, Activity: u.Apply(f.Field), Scope: f.Scope}, nil
	})
}

// Open opens a clean file. How it is used is asked within the transaction of
// the event, so that what the use depends on, such as who holds the case,
// stands still until the event is durable.
func (u *Uploads) Open(ctx context.Context, fileID string, using func(*db.Tx, *File) (vault.Use, error)) (*Content, error) {
	f, err := u.find(ctx, fileID)
	if err != nil {
		return nil, err
	}
	var h *vault.Files
	var list []part
	err = u.Vault.Update(ctx, func(tx *db.Tx) error {
		if f, err = selectFile(tx, fileID); err != nil {
			return err
		}
		if f == nil {
			return errNotFound
		}
		use, err := using(tx, f)
		if err != nil {
			return err
		}
		use.Operation, use.Fields = policy.Use, []string{f.Field}
		permit, err := u.Vault.Permit(tx, use)
		if err != nil {
			return err
		}
		if f.State != Clean {
			return errNotReady
		}
		if h, err = u.Vault.OpenFiles(tx, permit, f.vault()); err != nil {
			return err
		}
		list, err = selectParts(tx, f)
		return err
	})
	if fault.KindOf(err) == fault.Denied {
		return nil, policy.Refused(errDenied, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open a file: %w", err)
	}
	if f.Name, err = h.Name(f.ID, f.sealed); err != nil {
		return nil, err
	}
	f.Name = f.shown()
	sealed := u.reader(ctx, list, f.version)
	plain, err := h.Reader(sealed, f.ID, f.version)
	if err != nil {
		return nil, err
	}
	return &Content{f, opened{plain, sealed}}, nil
}

// opened reads plaintext and closes what is beneath.
type opened struct {
	io.Reader
	io.Closer
}

// eraseJob removes the bytes of a blob.
func (u *Uploads) eraseJob(ctx context.Context, job *jobs.Job) error {
	return u.Blobs.Delete(ctx, job.Get("blob"))
}
