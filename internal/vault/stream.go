package vault

import (
	"encoding/binary"
	"errors"
	"io"

	"portico/internal/keys"
)

// A file is sealed in chunks, so that it streams in both directions and none
// of it stands in memory or on disk as plaintext. The additional data of each
// chunk names the file's place, the chunk's number and whether it is the last:
// a file that was cut short, put together from others, or whose chunks were
// reordered, repeated or left out does not open.
const (
	chunkSize   = 64 << 10
	sealedChunk = chunkSize + keys.Overhead
)

// errClosed is what a Sealer answers after Close.
var errClosed = errors.New("seal a file: it is closed")

// chunks numbers the chunks of one file.
type chunks struct {
	box   keys.Box
	place []byte
	next  uint64
}

func newChunks(box keys.Box, instance, person, blob string) chunks {
	return chunks{box: box, place: []byte(keys.Row(instance, "1", "file", "chunk", blob, person))}
}

// additional is the additional data of the next chunk.
func (c *chunks) additional(last bool) []byte {
	b := binary.BigEndian.AppendUint64(c.place[:len(c.place):len(c.place)], c.next)
	c.next++
	if last {
		return append(b, 1)
	}
	return append(b, 0)
}

// Sealer seals what is written to it. Without Close the file has no last
// chunk, and will not open.
type Sealer struct {
	to     io.Writer
	chunks chunks
	buf    []byte
	sealed []byte
	err    error
}

// NewSealer seals a person's file, the blob, to w.
func NewSealer(w io.Writer, box keys.Box, instance, person, blob string) *Sealer {
	return &Sealer{to: w, chunks: newChunks(box, instance, person, blob), buf: make([]byte, 0, chunkSize)}
}

// Write seals p, a chunk at a time.
func (s *Sealer) Write(p []byte) (n int, err error) {
	for s.err == nil && len(p) > 0 {
		if len(s.buf) == chunkSize { // more follows: it is not the last
			s.flush(false)
			continue
		}
		m := min(len(p), chunkSize-len(s.buf))
		s.buf = append(s.buf, p[:m]...)
		p = p[m:]
		n += m
	}
	return n, s.err
}

func (s *Sealer) flush(last bool) {
	s.sealed = s.chunks.box.SealWith(s.sealed[:0], s.chunks.additional(last), s.buf)
	_, s.err = s.to.Write(s.sealed)
	clear(s.buf)
	s.buf = s.buf[:0]
}

// Close seals the last chunk. It does not close the writer beneath.
func (s *Sealer) Close() error {
	if s.err == nil {
		if s.flush(true); s.err == nil {
			s.err = errClosed
			return nil
		}
	}
	return s.err
}

// opener opens what a Sealer sealed.
type opener struct {
	from   io.Reader
	chunks chunks
	sealed []byte // one chunk, and a byte that tells whether another follows
	have   int
	room   []byte // for what is opened
	plain  []byte // of it, as far as nobody has read it
	err    error
}

// NewOpener reads a person's file, the blob, from r. A reader that ended
// without an error has read exactly what was sealed; what it gave before an
// error must be thrown away.
func NewOpener(r io.Reader, box keys.Box, instance, person, blob string) io.Reader {
	return &opener{from: r, chunks: newChunks(box, instance, person, blob), sealed: make([]byte, sealedChunk+1)}
}

func (o *opener) Read(p []byte) (int, error) {
	for len(o.plain) == 0 {
		if o.err != nil {
			return 0, o.err
		}
		o.fill()
	}
	n := copy(p, o.plain)
	o.plain = o.plain[n:]
	return n, nil
}

// fill opens the next chunk.
func (o *opener) fill() {
	n, err := io.ReadFull(o.from, o.sealed[o.have:])
	o.have += n
	last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !last {
		o.err = err
		return
	}
	o.plain, o.err = o.chunks.box.OpenWith(o.room[:0], o.chunks.additional(last), o.sealed[:min(o.have, sealedChunk)])
	if o.err != nil {
		o.plain = nil
		return
	}
	o.room = o.plain
	if last {
		o.err = io.EOF
		return
	}
	o.sealed[0], o.have = o.sealed[sealedChunk], 1
}
