package uploads

import (
	"context"
	"errors"
	"fmt"
	"io"

	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Receive takes a whole file at once. Nothing is written in the store before it
// has come to its end: then its row, its key, where its bytes are and the
// events are one transaction. Of a file that is cut off nothing stays.
func (u *Uploads) Receive(ctx context.Context, s *Spot, name string, size int64, body io.Reader) (*File, error) {
	land, err := u.fly(s.Use.Subject)
	if err != nil {
		return nil, err
	}
	defer land()
	f, err := u.file(s, name, size)
	if err != nil {
		return nil, err
	}
	if err := u.Vault.Allowed(ctx, s.use(policy.Collect)); err != nil {
		return nil, fmt.Errorf("receive a file: %w", err)
	}
	ctx = context.WithoutCancel(ctx) // what came whole is kept though whoever sent it has gone
	a, err := u.Vault.Arriving(f.Subject, f.Scope, f.vault())
	if err != nil {
		return nil, err
	}
	var blobs []part
	to := &parts{ctx: ctx, uploads: u, keep: func(p *parts) error {
		blobs = append(blobs, part{p.version, p.blob.ID()})
		return nil
	}}
	defer func() { u.drop(ctx, to, blobs) }()
	sealer := a.Sealer(to)
	x := &examiner{to: sealer, only: u.Scanner == nil}
	at, reason, err := f.take(body, x)
	found, examined, failed := x.end()
	if err == nil && reason == NoReason {
		reason, err = found, failed
	}
	if err != nil {
		return nil, fmt.Errorf("receive a file: %w", err)
	}
	if reason != NoReason {
		f.State, f.Reason = Refused, reason
		if _, err := u.arrived(ctx, s, f, a, nil, examined); err != nil {
			return nil, fmt.Errorf("receive a file: %w", err)
		}
		return f, refusal{reason}
	}
	to.last = true
	if err := errors.Join(sealer.Close(), to.end()); err != nil {
		return nil, fmt.Errorf("receive a file: %w", err)
	}
	f.Got, f.Size, f.State = at, at, Checking
	if examined {
		f.State, f.Kind = Clean, PDF
	}
	h, err := u.arrived(ctx, s, f, a, blobs, true)
	if err != nil {
		return nil, fmt.Errorf("receive a file: %w", err)
	}
	list := blobs
	blobs = nil // they are the file's from here on
	if examined {
		return f, nil
	}
	return u.judgeWhole(ctx, f, h, list)
}

// drop takes away what a file that was not kept has left.
func (u *Uploads) drop(ctx context.Context, to *parts, blobs []part) {
	to.abort()
	for _, p := range blobs {
		u.unwanted(ctx, p.blob)
	}
}

// arrived writes a file that came whole, or why it was refused. That the portal
// looks at it is decided and recorded with it.
func (u *Uploads) arrived(ctx context.Context, s *Spot, f *File, a *vault.Arriving, blobs []part, look bool) (h *vault.Files, err error) {
	err = u.Vault.Update(ctx, func(tx *db.Tx) error {
		permit, err := u.Vault.Permit(tx, s.use(policy.Collect))
		if err != nil {
			return err
		}
		mine, err := u.Vault.TakeIn(tx, permit, a)
		if err != nil {
			return err
		}
		if err := u.begun(tx, s, f, mine); err != nil {
			return err
		}
		for i, p := range blobs {
			if err := insertPart(tx, f, p.version, int64(i), p.blob); err != nil {
				return err
			}
		}
		if f.State == Checking {
			if err := u.examineLater(tx, f, u.Clock.Now()); err != nil {
				return err
			}
		}
		if !look {
			return nil
		}
		if permit, err = u.Vault.Permit(tx, u.system(f, policy.Use)); err == nil {
			h, err = u.Vault.OpenFiles(tx, permit, f.vault())
		}
		return err
	})
	return h, err
}

// examiner examines a PDF while it is written to somewhere else. What else it
// may be is examined when it is whole.
type examiner struct {
	to    io.Writer
	only  bool // nobody else examines files
	begun bool
	pdf   *io.PipeWriter // nil: it is examined later
	done  chan struct{}
	found Reason
	err   error
}

// Write begins with the first bytes of a file.
func (x *examiner) Write(p []byte) (int, error) {
	if kind, _ := sniff(p); !x.begun && x.only && kind == PDF {
		r, w := io.Pipe()
		x.pdf, x.done = w, make(chan struct{})
		go func() {
			defer close(x.done)
			x.found, x.err = examinePDF(r)
			_ = r.Close() // it may have seen enough
		}()
	}
	x.begun = true
	if x.pdf != nil {
		if _, err := x.pdf.Write(p); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			return 0, err
		}
	}
	return x.to.Write(p)
}

// end says what was found, and whether the file was examined at all.
func (x *examiner) end() (found Reason, examined bool, err error) {
	if x.pdf == nil {
		return NoReason, false, nil
	}
	_ = x.pdf.Close()
	<-x.done
	return x.found, true, x.err
}
