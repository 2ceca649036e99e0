package uploads

import (
	"context"
	"errors"
	"fmt"
	"io"

	"portico/internal/platform/db"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/vault"
)

// errAway says that the scanner did not answer.
var errAway = errors.New("the scanner is away")

// system is the portal's own use of a file.
func (u *Uploads) system(f *File, op policy.Operation) vault.Use {
	return vault.Use{
		Actor: policy.Actor{Kind: policy.System}, Subject: f.Subject, Activity: u.Examine(f.Field), Operation: op,
		Scope: f.Scope, Fields: []string{f.Field},
	}
}

// examineJob goes on with what whoever sent a file did not finish: because the
// scanner was away, or because the program ended.
func (u *Uploads) examineJob(ctx context.Context, job *jobs.Job) error {
	f, err := u.find(ctx, job.Get("file"))
	if errors.Is(err, errNotFound) {
		return nil // removed meanwhile
	}
	if err != nil {
		return err
	}
	if f.State != Checking {
		return nil
	}
	if f, err = u.examine(ctx, f); err != nil {
		var refused refusal
		if errors.As(err, &refused) || errors.Is(err, errMoved) || errors.Is(err, errNotFound) {
			return nil
		}
		return err
	}
	if f.State == Checking {
		return errUnscanned
	}
	return nil
}

// examine looks at a whole file and makes it clean, or refuses it. If the
// scanner is away it stays as it is, for the job.
func (u *Uploads) examine(ctx context.Context, f *File) (*File, error) {
	h, list, err := u.open(ctx, f, u.system(f, policy.Use))
	if err != nil {
		return f, fmt.Errorf("examine a file: %w", err)
	}
	return u.judgeWhole(ctx, f, h, list)
}

// judgeWhole is examine behind the gate.
func (u *Uploads) judgeWhole(ctx context.Context, f *File, h *vault.Files, list []part) (*File, error) {
	kind, reason, err := u.look(ctx, f, h, list)
	switch {
	case errors.Is(err, errAway):
		u.Log.Warn("a file waits for the scanner", "error", err)
		return f, nil
	case err != nil:
		return f, fmt.Errorf("examine a file: %w", err)
	case reason != NoReason:
		return f, u.refuse(ctx, f, reason)
	}
	next := *f
	next.State, next.Kind = Clean, kind
	if kind.Picture() {
		if reason, err := u.anew(ctx, &next, h, list); err != nil || reason != NoReason {
			if err == nil {
				err = u.refuse(ctx, f, reason)
			}
			return f, err
		}
	} else if err := u.settle(ctx, f, &next, nil); err != nil {
		return f, err
	}
	name := f.Name
	*f = next
	f.Name = name
	return f, nil
}

// settle writes that a file is clean; parts are those of its new version, if
// it has one: then the old bytes go.
func (u *Uploads) settle(ctx context.Context, f, next *File, fresh []part) error {
	now := u.Clock.Now()
	err := u.Vault.Update(ctx, func(tx *db.Tx) error {
		again := *next
		ok, err := updateFile(tx, &again, now)
		if err != nil {
			return err
		}
		if !ok {
			return errMoved
		}
		if fresh == nil {
			return nil
		}
		if err := u.dropBytes(tx, f); err != nil {
			return err
		}
		for i, p := range fresh {
			if err := insertPart(tx, f, p.version, int64(i), p.blob); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settle a file: %w", err)
	}
	next.revision++
	next.Changed = now
	return nil
}

// open passes the gate with a use of a file and returns its parts.
func (u *Uploads) open(ctx context.Context, f *File, use vault.Use) (h *vault.Files, list []part, err error) {
	err = u.Vault.Update(ctx, func(tx *db.Tx) error {
		h, list, err = u.pass(tx, f, use)
		return err
	})
	return h, list, err
}

// pass is open in a transaction that does more.
func (u *Uploads) pass(tx *db.Tx, f *File, use vault.Use) (*vault.Files, []part, error) {
	permit, err := u.Vault.Permit(tx, use)
	if err != nil {
		return nil, nil, err
	}
	h, err := u.Vault.OpenFiles(tx, permit, f.vault())
	if err != nil {
		return nil, nil, err
	}
	list, err := selectParts(tx, f)
	return h, list, err
}

// look tells what kind a file is and why it is refused.
func (u *Uploads) look(ctx context.Context, f *File, h *vault.Files, list []part) (Kind, Reason, error) {
	name, err := h.Name(f.ID, f.sealed)
	if err != nil {
		return "", NoReason, err
	}
	read := func(with func(io.Reader) (Reason, error)) (Reason, error) {
		r := u.reader(ctx, list, f.version)
		defer r.Close() //nolint:errcheck // it was only read
		plain, err := h.Reader(r, f.ID, f.version)
		if err != nil {
			return NoReason, err
		}
		return with(plain)
	}
	var kind Kind
	reason, err := read(func(r io.Reader) (Reason, error) {
		head := make([]byte, sniffed)
		n, err := fill(r, head)
		if err != nil && !errors.Is(err, io.EOF) {
			return NoReason, err
		}
		var reason Reason
		kind, reason = judge(head[:n], name, f.kinds)
		return reason, nil
	})
	if err == nil && reason == NoReason {
		reason, err = read(func(r io.Reader) (Reason, error) {
			if kind == PDF {
				return examinePDF(r)
			}
			return measure(kind, r)
		})
	}
	if err == nil && reason == NoReason && u.Scanner != nil {
		reason, err = read(func(r io.Reader) (Reason, error) { return u.scan(ctx, r) })
	}
	return kind, reason, err
}

func (u *Uploads) scan(ctx context.Context, r io.Reader) (Reason, error) {
	found, err := u.Scanner.Scan(ctx, r)
	switch {
	case err != nil:
		return NoReason, errors.Join(errAway, err)
	case found != "":
		u.Log.Warn("the scanner found something in a file, which was destroyed", "signature", found)
		return Infected, nil
	}
	return NoReason, nil
}

// anew draws a picture anew, as the next version of the file.
func (u *Uploads) anew(ctx context.Context, f *File, reading *vault.Files, list []part) (Reason, error) {
	select {
	case u.drawing <- struct{}{}:
		defer func() { <-u.drawing }()
	case <-ctx.Done():
		return NoReason, ctx.Err()
	}
	writing, _, err := u.open(ctx, f, u.system(f, policy.Collect))
	if err != nil {
		return NoReason, err
	}
	r := u.reader(ctx, list, f.version)
	defer r.Close() //nolint:errcheck // it was only read
	plain, err := reading.Reader(r, f.ID, f.version)
	if err != nil {
		return NoReason, err
	}
	var fresh []part
	to := &parts{ctx: ctx, uploads: u, version: f.version + 1, keep: func(p *parts) error {
		fresh = append(fresh, part{p.version, p.blob.ID()})
		return nil
	}}
	defer to.abort()
	reason, size, err := u.draw(f, plain, writing, to)
	if err == nil && reason == NoReason {
		next := *f
		next.version, next.Size, next.Got = f.version+1, size, size
		if err = u.settle(ctx, f, &next, fresh); err == nil {
			*f = next
			return NoReason, nil
		}
	}
	for _, p := range fresh {
		u.unwanted(ctx, p.blob)
	}
	return reason, err
}

func (u *Uploads) draw(f *File, plain io.Reader, h *vault.Files, to *parts) (Reason, int64, error) {
	sealer, err := h.Sealer(to, f.ID, to.version, 0)
	if err != nil {
		return NoReason, 0, err
	}
	counted := &counter{to: sealer}
	reason, err := redraw(f.Kind, plain, counted)
	if err != nil || reason != NoReason {
		return reason, 0, err
	}
	to.last = true
	return NoReason, counted.n, errors.Join(sealer.Close(), to.end())
}

// counter counts what is written.
type counter struct {
	to io.Writer
	n  int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}
