package ledger

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"portico/internal/platform/clock"
)

// FileName is the ledger's name in a key directory.
const FileName = "ledger"

// lineMax is how long a line may be: an act is ids and a time.
const lineMax = 2048

// line is an act as the file holds it.
type line struct {
	N       int64  `json:"n"`
	ID      string `json:"id"`
	Kind    Kind   `json:"kind"`
	Subject string `json:"subject"`
	Scope   string `json:"scope,omitempty"`
	Ref     string `json:"ref,omitempty"`
	At      int64  `json:"at"`
	Prev    string `json:"prev"`
}

func header(instance string) []byte { return []byte("portico ledger 1 " + instance + "\n") }

// encode returns the line of an act behind a head, and the head it makes.
func encode(prev Head, a Act) ([]byte, Head, error) {
	text, err := json.Marshal(line{prev.N + 1, a.ID, a.Kind, a.Subject, a.Scope, a.Ref, clock.Micros(a.At), hex.EncodeToString(prev.Hash[:])})
	if err != nil {
		return nil, Head{}, err
	}
	text = append(text, '\n')
	return text, Head{prev.N + 1, sha256.Sum256(text)}, nil
}

// decode reads the line behind a head.
func decode(prev Head, text []byte) (Entry, Head, error) {
	var l line
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	err := dec.Decode(&l)
	e := Entry{l.N, Act{l.ID, l.Kind, l.Subject, l.Scope, l.Ref, clock.FromMicros(l.At)}}
	switch {
	case err != nil:
		return e, prev, errors.New("it is no act")
	case l.N != prev.N+1:
		return e, prev, fmt.Errorf("it says that it is act %d", l.N)
	case l.Prev != hex.EncodeToString(prev.Hash[:]):
		return e, prev, errors.New("it does not follow the line before it")
	}
	if err := e.check(); err != nil {
		return e, prev, err
	}
	return e, Head{l.N, sha256.Sum256(text)}, nil
}

// position is how far a file was read.
type position struct {
	head Head
	size int64
}

// begin creates the file of an instance, whole or not at all.
func begin(path, instance string) error {
	f, err := os.CreateTemp(filepath.Dir(path), FileName+".*.new")
	if err != nil {
		return err
	}
	_, err = f.Write(header(instance))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Link(f.Name(), path) // another node may have been faster
	}
	if errors.Is(err, os.ErrExist) {
		err = nil
	}
	if err = errors.Join(err, os.Remove(f.Name())); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// locked runs fn with the file, while no other process has it.
func locked(path string, fn func(*os.File) error) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }() // closing unlocks
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("others can read %s (mode %04o): run chmod 600 on it", path, info.Mode().Perm())
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	return fn(f)
}

// advance reads what stands behind a position and calls each for it. A last
// line without an end was being written when the power went: it was never
// confirmed to anybody, and the position ends before it.
func advance(f *os.File, at position, instance string, each func(Entry, Head) error) (position, error) {
	end, err := f.Seek(0, io.SeekEnd)
	if err == nil && end < at.size {
		err = fmt.Errorf("%s ends before act %d, which it had: it is older than what was read of it; put the newest one back from the key backup with portico keys restore", f.Name(), at.head.N)
	}
	if err == nil {
		_, err = f.Seek(at.size, io.SeekStart)
	}
	if err != nil {
		return at, err
	}
	r := bufio.NewReaderSize(f, 1<<16)
	for {
		text, err := readLine(r)
		if errors.Is(err, io.EOF) && at.size == 0 {
			return at, fmt.Errorf("%s is empty: put the newest one back from the key backup", f.Name())
		}
		if errors.Is(err, io.EOF) {
			return at, nil
		}
		if err != nil {
			return at, fmt.Errorf("line %d of %s is damaged: %w", at.head.N+2, f.Name(), err)
		}
		if at.size == 0 {
			if !bytes.Equal(text, header(instance)) {
				return at, fmt.Errorf("%s is not the ledger of %q", f.Name(), instance)
			}
			at = position{Head{0, sha256.Sum256(text)}, int64(len(text))}
			continue
		}
		e, head, err := decode(at.head, text)
		if err != nil {
			return at, fmt.Errorf("line %d of %s is damaged: %w: put the newest one back from the key backup", at.head.N+2, f.Name(), err)
		}
		if err := each(e, head); err != nil {
			return at, err
		}
		at = position{head, at.size + int64(len(text))}
	}
}

// readLine returns a whole line with its end, io.EOF for what has none.
func readLine(r *bufio.Reader) ([]byte, error) {
	text, err := r.ReadBytes('\n')
	if err == nil && len(text) > lineMax {
		err = errors.New("it is too long to be an act")
	}
	return text, err
}

// extend writes acts behind a position. What a crash left half written there
// is cut off first. The caller flushes.
func extend(f *os.File, at position, acts []Act) (position, []Entry, error) {
	if err := f.Truncate(at.size); err != nil {
		return at, nil, err
	}
	var text []byte
	next, entries := at, make([]Entry, len(acts))
	for i, a := range acts {
		one, head, err := encode(next.head, a)
		if err != nil {
			return at, nil, err
		}
		text = append(text, one...)
		next = position{head, next.size + int64(len(one))}
		entries[i] = Entry{head.N, a}
	}
	if _, err := f.WriteAt(text, at.size); err != nil {
		return at, nil, err
	}
	return next, entries, nil
}

// Copy writes the ledger of an instance as it stands to a backup.
func Copy(dir, instance string, to io.Writer) (Head, error) {
	var at position
	err := locked(filepath.Join(dir, FileName), func(f *os.File) (err error) {
		if at, err = advance(f, position{}, instance, func(Entry, Head) error { return nil }); err == nil {
			_, err = io.Copy(to, io.NewSectionReader(f, 0, at.size))
		}
		return err
	})
	if err != nil {
		return Head{}, fmt.Errorf("copy the ledger: %w", err)
	}
	return at.head, nil
}

// Read reads the ledger of an instance in a key directory and checks its
// chain, whatever the store holds.
func Read(dir, instance string, each func(Entry) error) (Head, error) {
	return read(dir, instance, func(e Entry, _ Head) error { return each(e) })
}

func read(dir, instance string, each func(Entry, Head) error) (Head, error) {
	path := filepath.Join(dir, FileName)
	var at position
	err := locked(path, func(f *os.File) (err error) {
		at, err = advance(f, position{}, instance, each)
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		return Head{}, fmt.Errorf("the ledger %s is missing: put the newest one back from the key backup; without it nobody knows what was taken away", path)
	}
	if err != nil {
		return Head{}, fmt.Errorf("read the ledger: %w", err)
	}
	return at.head, nil
}
