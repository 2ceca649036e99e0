package rights

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/rights/takeout"
	"portico/internal/vault"
)

// FieldPackage is the field whose content a package is.
const FieldPackage = "rights.package"

// Package is the package of a request, as its row says.
type Package struct {
	Subject string
	Request string
	Done    int // parts that are in it
	Total   int
	Size    int64
	Made    time.Time // zero: it is being made
	Expires time.Time
	Gone    time.Time

	file, blob string
}

// packageLives is how long a package can be downloaded.
const packageLives = 7 * 24 * time.Hour

const (
	jobPackage  = "rights.package"
	jobForget   = "rights.forget"
	packageTime = 20 * time.Minute
)

// Made reports whether a request is answered by a package, which nobody must
// decide on.
func Made(k policy.RightKind) bool { return k == policy.RightAccess || k == policy.RightCopy }

// PackageOf returns the package of a request, nil if none was begun.
func (s *Service) PackageOf(ctx context.Context, r *Request) (p *Package, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, err = selectPackage(tx, r.Subject, r.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for a package: %w", err)
	}
	return p, nil
}

// makePackage makes the package of a request. One that broke off is begun anew.
func (s *Service) makePackage(ctx context.Context, job *jobs.Job) error {
	r, items, err := s.Whole(ctx, job.Get("request"))
	if err != nil {
		return err
	}
	if r.State != Making {
		return nil
	}
	p := &Package{Subject: r.Subject, Request: r.ID, file: id.New(s.Clock.Now())}
	var h *vault.Files
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		use := r.own(policy.Collect, FieldPackage)
		use.Actor = policy.Actor{Kind: policy.System, ID: "portico"}
		permit, err := s.Vault.Permit(tx, use)
		if err != nil {
			return err
		}
		h, err = s.Vault.NewFile(tx, permit, vault.File{ID: p.file, Field: FieldPackage})
		return err
	})
	if err != nil {
		return fmt.Errorf("begin a package: %w", err)
	}
	w, err := s.Blobs.Create(ctx)
	if err != nil {
		return fmt.Errorf("begin a package: %w", err)
	}
	defer w.Abort()
	sealer, err := h.Sealer(w, p.file, 1, 0)
	if err != nil {
		return err
	}
	about := takeout.For{Request: r.ID, Reference: r.Reference, People: r.People(), Language: r.Language, Outside: r.Outside(), Copy: r.Kind == policy.RightCopy}
	p.Size, err = s.Takeout.Write(ctx, about, sealer, func(done, total int) error {
		return s.DB.Update(ctx, func(tx *db.Tx) error { return putProgress(tx, r, done, total) })
	})
	if err != nil {
		return fmt.Errorf("make a package: %w", err)
	}
	if err := errors.Join(sealer.Close(), w.Commit()); err != nil {
		return fmt.Errorf("keep a package: %w", err)
	}
	p.blob = w.ID()
	return s.finish(ctx, r, items, p)
}

// finish answers a request by the package that was made for it.
func (s *Service) finish(ctx context.Context, r *Request, items []Item, p *Package) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		now, err := selectRequest(tx, r.ID)
		if err != nil {
			return err
		}
		if now == nil || now.State != Making {
			return errMoved
		}
		p.Made = s.Clock.Now()
		p.Expires = p.Made.Add(packageLives)
		if ok, err := finishPackage(tx, p); err != nil || !ok {
			return errors.Join(err, errMoved)
		}
		for _, i := range items {
			i.Decision, i.Decided = Granted, p.Made
			if err := updateItem(tx, now, i); err != nil {
				return err
			}
		}
		now.State, now.Answered = Answered, p.Made
		if ok, err := moveRequest(tx, now); err != nil || !ok {
			return errors.Join(err, errMoved)
		}
		return errors.Join(s.note(tx, now, "right-answered", policy.Actor{Kind: policy.System}), s.tell(tx, now, "package"))
	})
	if err != nil {
		return fmt.Errorf("answer by a package: %w", err)
	}
	return nil
}

// Download opens the package of a request of a person's. It is an event each
// time.
func (s *Service) Download(ctx context.Context, subject, request string) (*Package, io.ReadCloser, error) {
	var p *Package
	var h *vault.Files
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		r, err := selectRequest(tx, request)
		if err != nil {
			return err
		}
		if r == nil || r.Subject != subject {
			return errUnknown
		}
		if p, err = selectPackage(tx, subject, r.ID); err != nil {
			return err
		}
		if p == nil || p.Made.IsZero() || !p.Gone.IsZero() || !s.Clock.Now().Before(p.Expires) {
			return errGone
		}
		permit, err := s.Vault.Permit(tx, r.own(policy.Use, FieldPackage))
		if err != nil {
			return err
		}
		h, err = s.Vault.OpenFiles(tx, permit, vault.File{ID: p.file, Field: FieldPackage})
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("open a package: %w", err)
	}
	sealed, err := s.Blobs.Open(ctx, p.blob)
	if err != nil {
		return nil, nil, fmt.Errorf("open a package: %w", err)
	}
	plain, err := h.Reader(sealed, p.file, 1)
	if err != nil {
		_ = sealed.Close()
		return nil, nil, err
	}
	return p, struct {
		io.Reader
		io.Closer
	}{plain, sealed}, nil
}

// errGone says that a package cannot be had any more, or not yet.
var errGone = fault.New(fault.NotFound, "rights.package.gone")

// expire destroys the keys of packages whose time is over; a job removes their
// bytes.
func (s *Service) expire(ctx context.Context) error {
	now := s.Clock.Now()
	var due []*Package
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		due, err = selectExpired(tx, now, liftMax)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for packages that expire: %w", err)
	}
	for _, p := range due {
		err := s.Vault.Update(ctx, func(tx *db.Tx) error {
			ok, err := dropPackage(tx, p, now)
			if err != nil || !ok {
				return err
			}
			return errors.Join(s.Vault.ForgetFile(tx, p.Subject, p.file), s.Jobs.Enqueue(tx, jobs.New{Kind: jobForget, Key: "forget:" + p.blob, Payload: map[string]string{"blob": p.blob}}))
		})
		if err != nil {
			return fmt.Errorf("let a package expire: %w", err)
		}
	}
	return nil
}

// forget removes the bytes of a package that expired.
func (s *Service) forget(ctx context.Context, job *jobs.Job) error {
	return s.Blobs.Delete(ctx, job.Get("blob"))
}
