package uploads

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"portico/internal/platform/blobs"
	"portico/internal/platform/db"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/vault"
)

// partChunks is how many chunks go into one blob: what is lost at the most
// when the program dies while somebody sends, 4 MiB.
const partChunks = 64

// receive seals what comes, a part at a time.
func (u *Uploads) receive(ctx context.Context, f *File, h *vault.Files, body io.Reader) (*File, error) {
	ctx = context.WithoutCancel(ctx) // what came is kept though whoever sent it has gone
	to := &parts{ctx: ctx, uploads: u, chunks: f.Got / vault.FileChunk, keep: func(p *parts) error {
		next := *f
		next.Got = p.chunks * vault.FileChunk
		return u.keep(ctx, f, &next, p, func(*db.Tx) error { return nil })
	}}
	defer to.abort()
	sealer, err := h.Sealer(to, f.ID, 0, uint64(to.chunks))
	if err != nil {
		return f, err
	}
	size, reason, err := f.take(body, sealer)
	switch {
	case reason != NoReason:
		return f, u.refuse(ctx, f, reason)
	case errors.Is(err, errCut):
		return f, errors.Join(err, to.end())
	case err != nil:
		return f, err
	}
	return u.whole(ctx, f, sealer, to, size)
}

// take writes to w what comes of a file, until it is whole, is refused, or the
// connection is cut. It answers up to where it came.
func (f *File) take(body io.Reader, w io.Writer) (at int64, reason Reason, err error) {
	at = f.Got
	buf := make([]byte, vault.FileChunk)
	defer clear(buf)
	for {
		n, err := fill(body, buf[:f.bite(at)])
		whole := f.Size >= 0 && at+int64(n) == f.Size || f.Size < 0 && errors.Is(err, io.EOF)
		if at == 0 && (err == nil || whole) {
			if _, reason := judge(buf[:min(n, sniffed)], f.Name, f.kinds); reason != NoReason {
				return at, reason, nil
			}
		}
		if at += int64(n); at > f.most {
			return at, TooLarge, nil
		}
		if _, failed := w.Write(buf[:n]); failed != nil {
			return at, NoReason, failed
		}
		if whole {
			return at, NoReason, nil
		}
		if err != nil {
			return at, NoReason, errCut.Because(err)
		}
	}
}

// bite is how much to read at an offset: no more than a file of known size
// still lacks, and a byte more than any may have.
func (f *File) bite(at int64) int64 {
	left := f.most + 1 - at
	if f.Size >= 0 {
		left = f.Size - at
	}
	return min(left, vault.FileChunk)
}

// fill reads until buf is full or r ends. Other than io.ReadFull it tells an
// end from a connection that was cut.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

// whole ends a file whose last byte came, and has it examined: that the portal
// may, is decided and recorded with it.
func (u *Uploads) whole(ctx context.Context, f *File, sealer io.Closer, to *parts, size int64) (*File, error) {
	var h *vault.Files
	var list []part
	to.keep = func(p *parts) error {
		next := *f
		next.Got, next.Size, next.State = size, size, Checking
		return u.keep(ctx, f, &next, p, func(tx *db.Tx) (err error) {
			h, list, err = u.pass(tx, f, u.system(f, policy.Use))
			return err
		})
	}
	to.last = true
	if err := errors.Join(sealer.Close(), to.end()); err != nil {
		return f, err
	}
	return u.judgeWhole(ctx, f, h, list)
}

// keep notes a part of a file and how far the file is with it. If somebody
// else went on with the file meanwhile, theirs is what there is. What is with it
// is done in the same transaction.
func (u *Uploads) keep(ctx context.Context, f, next *File, p *parts, with func(tx *db.Tx) error) error {
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
		if err := insertPart(tx, f, p.version, p.first, p.blob.ID()); err != nil {
			return err
		}
		if again.State == Checking {
			if err := u.examineLater(tx, f, now); err != nil {
				return err
			}
		}
		return with(tx)
	})
	if err != nil {
		u.unwanted(ctx, p.blob.ID())
		return fmt.Errorf("keep a part of a file: %w", err)
	}
	name := f.Name
	*f = *next
	f.revision, f.Changed, f.Name = next.revision+1, now, name
	return nil
}

// unwanted removes a blob that was not noted. An error may come from behind the
// commit, when it was: then it stays.
func (u *Uploads) unwanted(ctx context.Context, blob string) {
	ctx = context.WithoutCancel(ctx)
	known := true
	err := u.DB.View(ctx, func(tx *db.Tx) (err error) {
		known, err = hasBlob(tx, blob)
		return err
	})
	if err == nil && !known {
		_ = u.Blobs.Delete(ctx, blob) // the sweep finds what stays
	}
}

// examineLater has a file examined by a job. Whoever sent it examines it at
// once; this is for when they die.
func (u *Uploads) examineLater(tx *db.Tx, f *File, now time.Time) error {
	return u.Jobs.Enqueue(tx, jobs.New{
		Kind: jobExamine, Key: "examine:" + f.ID, Payload: map[string]string{"file": f.ID}, At: now.Add(2 * time.Minute),
	})
}

// refuse ends a file for a reason and destroys its bytes. Its name stays, so
// that the person can be told which it was.
func (u *Uploads) refuse(ctx context.Context, f *File, reason Reason) error {
	err := u.Vault.Update(ctx, func(tx *db.Tx) error {
		next := *f
		next.State, next.Reason, next.Kind = Refused, reason, ""
		ok, err := updateFile(tx, &next, u.Clock.Now())
		if err != nil {
			return err
		}
		if !ok {
			return errMoved
		}
		return u.dropBytes(tx, f)
	})
	if err != nil {
		return fmt.Errorf("refuse a file: %w", err)
	}
	f.State, f.Reason, f.Kind = Refused, reason, ""
	f.revision++
	return refusal{reason}
}

// parts writes sealed chunks to one blob after the other.
type parts struct {
	ctx     context.Context
	uploads *Uploads
	version int64
	chunks  int64 // of the file so far
	first   int64 // the first one in the present blob
	blob    blobs.Writer
	last    bool                 // what comes is the last chunk, which has no room to be full
	keep    func(p *parts) error // notes the present blob once it is durable
}

// Write takes one sealed chunk.
func (p *parts) Write(sealed []byte) (int, error) {
	if p.blob == nil {
		blob, err := p.uploads.Blobs.Create(p.ctx)
		if err != nil {
			return 0, err
		}
		p.blob, p.first = blob, p.chunks
	}
	n, err := p.blob.Write(sealed)
	if err != nil {
		return n, fmt.Errorf("write a file: %w", err)
	}
	if p.chunks++; p.chunks-p.first == partChunks && !p.last {
		err = p.end()
	}
	return n, err
}

// end makes the present blob durable and notes it.
func (p *parts) end() error {
	if p.blob == nil {
		return nil
	}
	err := p.blob.Commit()
	if err == nil {
		err = p.keep(p)
	}
	p.blob = nil
	return err
}

// abort leaves nothing of a blob that was not ended.
func (p *parts) abort() {
	if p.blob != nil {
		p.blob.Abort()
	}
}
