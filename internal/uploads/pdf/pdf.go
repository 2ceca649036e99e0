package pdf

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"strings"
	"sync/atomic"
)

// A PDF is examined by its names. A name such as /JavaScript can stand in the
// file itself or in an object stream, which is compressed: both are read, every
// byte of the file included, so that nothing is hidden behind a wrong length or
// a cross reference into the middle of something. What cannot be read so, such
// as an object stream under another filter, is refused.

// Finding is what speaks against a PDF, in a word.
type Finding string

// The findings.
const (
	Nothing      Finding = ""
	Active       Finding = "active"     // it does something
	Archive      Finding = "archive"    // it holds other files, or is such a file besides
	Encrypted    Finding = "encrypted"  // nobody can look
	Unexaminable Finding = "unexamined" // it hides what it holds
	BrokenOff    Finding = "truncated"  // its end is missing
)

const (
	blockSize  = 32 << 10
	longest    = 127      // bytes of a name, by the standard
	maxObjects = 16 << 20 // bytes of all object streams of a file, inflated
	maxTaps    = 16       // object streams that are open at once: properly it is one
	tailSize   = 66 << 10 // what a reader of zip archives looks at
)

var errObjects = errors.New("the object streams of a PDF are too large")

// Examine reads a PDF to its end and returns what speaks against it.
func Examine(r io.Reader) (Finding, error) {
	p := &pdf{from: r, block: make([]byte, 0, blockSize)}
	p.left.Store(maxObjects)
	reason, err := names(p, p.note, p.stream)
	if r := p.finish(); err == nil && reason == Nothing {
		reason = r
	}
	if err != nil || reason != Nothing {
		return reason, err
	}
	return p.end.judge(), nil
}

// source is what names are read from.
type source interface {
	// window returns bytes that come next, at least one before the end.
	window() ([]byte, error)
	// take has n of them read.
	take(n int)
}

// names calls each for every name that comes, and stream where the data of a
// stream begins. It ends at the first reason to refuse.
func names(in source, each func([]byte) Finding, stream func() Finding) (Finding, error) {
	var before []byte // what stood before the window since a name, as far as a word reaches
	for {
		w, err := in.window()
		if errors.Is(err, io.EOF) {
			return Nothing, nil
		}
		if err != nil {
			return Nothing, err
		}
		stops := newStops(w)
		taken, since := 0, 0 // how much of the window was taken, and where the last name in it ended
		for at := stops.next(0); at < len(w); at = stops.next(taken) {
			in.take(at + 1 - taken)
			taken = at + 1
			reason := Nothing
			switch text := w[since:taken]; w[at] {
			case '/':
				var name []byte
				if n := nameLen(w[taken:]); taken+n < len(w) { // nearly every one
					name = w[taken : taken+min(n, nameMax)]
					in.take(n)
					taken += n
				} else if name, err = readName(in); err != nil {
					return Nothing, err
				} else {
					taken = len(w)
				}
				before, since = before[:0], taken
				reason = each(unhash(name))
			case 'j':
				if ends(before, text, "obj") {
					reason = each([]byte("obj"))
				}
			case 'm':
				if ends(before, text, "stream") {
					reason = stream()
				}
			}
			if reason != Nothing {
				return reason, nil
			}
		}
		in.take(len(w) - taken)
		before = keep(before, w[since:], wordMax)
	}
}

const wordMax = 6 // bytes of the longest word that is looked for beside names

// stops finds the bytes of a window at which something may have ended that is
// looked for, and passes the others by without a thought.
type stops struct {
	window      []byte
	slash, j, m int // where each comes next
}

func newStops(window []byte) *stops { return &stops{window, -1, -1, -1} }

// next is where the next one comes from a place on; the window's end if there
// is none.
func (s *stops) next(from int) int {
	find := func(known int, c byte) int {
		if known >= from {
			return known
		}
		if n := bytes.IndexByte(s.window[from:], c); n >= 0 {
			return from + n
		}
		return len(s.window)
	}
	s.slash, s.j, s.m = find(s.slash, '/'), find(s.j, 'j'), find(s.m, 'm')
	return min(s.slash, s.j, s.m)
}

// ends reports whether a word ends where a text does, over what stood before.
func ends(before, text []byte, word string) bool {
	if n := len(word) - len(text); n > 0 && len(before) >= n {
		return string(before[len(before)-n:]) == word[:n] && string(text) == word[n:]
	}
	return len(text) >= len(word) && string(text[len(text)-len(word):]) == word
}

// nameMax is how much of a name is looked at: more than any that means
// something, each of its bytes written as #41.
const nameMax = 3*longest + 1

// nameLen is how many bytes belong to a name, from behind its slash on.
func nameLen(w []byte) (n int) {
	for n < len(w) && !endsName(w[n]) {
		n++
	}
	return n
}

// endsName reports whether a name ends before a byte.
func endsName(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return c <= ' '
}

// readName reads a name behind its slash that may go on in another window.
func readName(in source) (name []byte, err error) {
	for {
		w, err := in.window()
		if errors.Is(err, io.EOF) {
			return name, nil
		}
		if err != nil {
			return nil, err
		}
		n := nameLen(w)
		name = append(name, w[:min(n, nameMax-len(name))]...)
		in.take(n)
		if n < len(w) {
			return name, nil
		}
	}
}

// unhash writes a name with A for #41.
func unhash(name []byte) []byte {
	if bytes.IndexByte(name, '#') < 0 {
		return name
	}
	digit := func(c byte) int { return strings.IndexByte("0123456789abcdef", c|0x20) }
	var out []byte
	for i := 0; i < len(name); i++ {
		if name[i] == '#' && i+2 < len(name) && digit(name[i+1]) >= 0 && digit(name[i+2]) >= 0 {
			out = append(out, byte(digit(name[i+1])<<4|digit(name[i+2])))
			i += 2
			continue
		}
		out = append(out, name[i])
	}
	return out
}

// forbids is why a name is refused: it makes a PDF do something, or hold other
// files.
func forbids(name []byte) Finding {
	switch string(name) {
	case "JavaScript", "Launch", "RichMedia", "XFA", "SubmitForm", "ImportData":
		return Active
	case "EmbeddedFile", "EmbeddedFiles":
		return Archive
	case "Encrypt":
		return Encrypted
	}
	return Nothing
}

// pdf reads a PDF block by block. Each block also goes to the taps: the object
// streams that began before its end, each inflated on the side.
type pdf struct {
	from  io.Reader
	block []byte
	at    int
	end   tail
	taps  []*tap
	left  atomic.Int64 // how much may still be inflated

	objects, flate, other bool // names since the last object began
}

// tap is an object stream that is inflated while the file is read on.
type tap struct {
	to    *io.PipeWriter
	begin int // where it begins in the present block
	found chan Finding
}

// window returns what is left of the present block, or the next one.
func (p *pdf) window() ([]byte, error) {
	for p.at == len(p.block) {
		if err := p.fill(); err != nil {
			return nil, err
		}
	}
	return p.block[p.at:], nil
}

func (p *pdf) take(n int) { p.at += n }

// fill hands the present block to the taps and reads the next.
func (p *pdf) fill() error {
	p.pour()
	n, err := p.from.Read(p.block[:cap(p.block)])
	p.block, p.at = p.block[:n], 0
	p.end.take(p.block)
	if n > 0 {
		return nil
	}
	return err
}

func (p *pdf) pour() {
	open := p.taps[:0]
	for _, t := range p.taps {
		if t.begin < len(p.block) {
			_, _ = t.to.Write(p.block[t.begin:]) // one that has seen enough takes no more
		}
		t.begin = 0
		open = append(open, t)
	}
	p.taps = open
}

// note looks at a name of the file itself.
func (p *pdf) note(name []byte) Finding {
	switch string(name) {
	case "obj": // the keyword, "endobj" too
		p.objects, p.flate, p.other = false, false, false
	case "ObjStm":
		p.objects = true
	case "FlateDecode":
		p.flate = true
	case "Crypt", "Predictor":
		p.other = true
	default:
		p.other = p.other || bytes.HasSuffix(name, []byte("Decode"))
	}
	return forbids(name)
}

// stream is called where the data of a stream begins.
func (p *pdf) stream() Finding {
	if !p.objects {
		return Nothing
	}
	flate := p.flate
	p.objects = false
	if p.other || len(p.live()) >= maxTaps {
		return Unexaminable
	}
	r, w := io.Pipe()
	t := &tap{to: w, begin: p.at, found: make(chan Finding, 1)}
	p.taps = append(p.taps, t)
	go func() {
		t.found <- p.inflate(r, flate)
		_ = r.Close()
	}()
	return Nothing
}

// live drops the taps that found nothing and are done.
func (p *pdf) live() []*tap {
	open := p.taps[:0]
	for _, t := range p.taps {
		select {
		case reason := <-t.found:
			if reason != Nothing {
				t.found <- reason
				open = append(open, t)
			}
		default:
			open = append(open, t)
		}
	}
	p.taps = open
	return p.taps
}

// inflate reads the names of an object stream.
func (p *pdf) inflate(r io.Reader, flate bool) Finding {
	in := bufio.NewReader(r)
	first := byte(' ')
	for err := error(nil); first == '\r' || first == '\n' || first == ' '; {
		if first, err = in.ReadByte(); err != nil {
			return Unexaminable
		}
	}
	if !flate { // then it is plain, begins with a number, and is read with the rest
		if first < '0' || first > '9' {
			return Unexaminable
		}
		return Nothing
	}
	_ = in.UnreadByte()
	z, err := zlib.NewReader(in)
	if err != nil {
		return Unexaminable
	}
	reason, err := names(buffered{bufio.NewReader(bounded{z, &p.left})}, forbids, func() Finding { return Nothing })
	if err != nil {
		return Unexaminable
	}
	return reason
}

// buffered is the source of what is inflated.
type buffered struct{ *bufio.Reader }

func (b buffered) window() ([]byte, error) {
	if _, err := b.Peek(1); err != nil {
		return nil, err
	}
	return b.Peek(b.Buffered())
}

func (b buffered) take(n int) { _, _ = b.Discard(n) } // they are in the buffer

// finish ends the taps and returns what they found.
func (p *pdf) finish() Finding {
	p.pour()
	found := Nothing
	for _, t := range p.taps {
		_ = t.to.Close()
		if reason := <-t.found; reason != Nothing {
			found = reason
		}
	}
	return found
}

// bounded is a reader with a budget that it shares with others.
type bounded struct {
	io.Reader
	left *atomic.Int64
}

func (b bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.left.Add(-int64(n)) < 0 {
		return n, errObjects
	}
	return n, err
}

// tail watches how a file ends, and whether an archive begins or ends in it.
type tail struct {
	size    int64
	zip     int64  // behind the first byte of the last mark of a zip archive; 0: there is none
	archive bool   // another archive begins somewhere
	last    []byte // of the file so far, as much as a mark may need that began there
	kept    []byte // before the blanks at the end
	blanks  int    // at the end
}

const (
	markMax = 8    // bytes of the longest mark
	keptMax = 1024 // how far before the end of a PDF it says where its table is
)

// blanks may stand behind the end of a PDF, tailSize of them at the most.
const blanks = "\r\n\t \x00"

func (t *tail) take(p []byte) {
	t.look(append(bytes.Clone(t.last), p[:min(len(p), markMax)]...), t.size-int64(len(t.last)))
	t.look(p, t.size)
	t.size += int64(len(p))
	t.last = keep(t.last, p, markMax)
	if solid := bytes.TrimRight(p, blanks); len(solid) > 0 {
		t.kept = keep(t.kept, bytes.Repeat([]byte{' '}, min(t.blanks, keptMax)), keptMax)
		t.kept = keep(t.kept, solid, keptMax)
		t.blanks, p = 0, p[len(solid):]
	}
	t.blanks += len(p)
}

// look looks for marks of archives in the bytes from an offset on.
func (t *tail) look(p []byte, at int64) {
	t.archive = t.archive || bytes.Contains(p, []byte("Rar!\x1a\x07")) || bytes.Contains(p, []byte("7z\xbc\xaf\x27\x1c"))
	if zip := []byte("PK\x05\x06"); bytes.Contains(p, zip) {
		t.zip = at + int64(bytes.LastIndex(p, zip)) + 1
	}
}

// keep appends p and keeps the last n bytes.
func keep(kept, p []byte, n int) []byte {
	kept = append(kept, p[max(0, len(p)-n):]...)
	return append(kept[:0], kept[max(0, len(kept)-n):]...)
}

// judge looks at how a PDF ends: with its end and nothing behind it, and not
// as a zip archive does.
func (t *tail) judge() Finding {
	if t.archive || t.zip > 0 && t.zip > t.size-tailSize {
		return Archive
	}
	if t.blanks > tailSize || !bytes.HasSuffix(t.kept, []byte("%%EOF")) || !bytes.Contains(t.kept, []byte("startxref")) {
		return BrokenOff
	}
	return Nothing
}
