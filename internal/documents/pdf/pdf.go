package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// ErrCharacter says that something cannot be drawn right.
var ErrCharacter = errors.New("no font has a character of the document")

// Page is what stands on the paper.
type Page struct {
	Lang   string
	RTL    bool
	Office string
	Title  string
	Facts  []Fact
	Parts  []Part
	Verify Verify
	Number string // of the file's own title
	Made   time.Time
}

// Fact is a value with what it is called.
type Fact struct {
	Label, Value string
}

// Part is a block of the page.
type Part struct {
	Heading string
	Lines   []string
	Facts   []Fact
}

// Verify is how the document is verified.
type Verify struct {
	Text    string
	Address string
	Code    func(x, y int) bool // the picture of the address: whether a square is black
	Size    int                 // squares a side
}

// The measures of the page, in millimetres, and of letters, in points.
const (
	width, bottom = 210.0, 277.0
	margin        = 20.0
	column        = 52.0 // of labels
	small, usual  = 9.0, 11.0
	large, huge   = 13.0, 22.0
)

// Draw draws the page.
func Draw(p Page) (file []byte, err error) {
	w, err := newWriter(p)
	if err != nil {
		return nil, err
	}
	w.text(p.Office, style{size: large}, 0, width-2*margin)
	w.y += 1
	w.text(p.Title, style{size: huge, bold: true}, 0, width-2*margin)
	w.y += 3
	w.rule()
	w.facts(p.Facts)
	for _, part := range p.Parts {
		w.y += 4
		if part.Heading != "" {
			w.room(20)
			w.text(part.Heading, style{size: large, bold: true}, 0, width-2*margin)
			w.y += 1
		}
		for _, line := range part.Lines {
			w.text(line, style{size: usual}, 0, width-2*margin)
			w.y += 1.5
		}
		w.facts(part.Facts)
	}
	w.verify(p.Verify)
	if w.err != nil {
		return nil, w.err
	}
	var out bytes.Buffer
	if err := w.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("write a PDF: %w", err)
	}
	return out.Bytes(), nil
}

// writer writes down a page.
type writer struct {
	pdf   *fpdf.Fpdf
	fonts *fonts
	rtl   bool
	lang  string
	y     float64
	err   error // the first
}

func newWriter(p Page) (*writer, error) {
	f, err := load()
	if err != nil {
		return nil, err
	}
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetMargins(margin, margin, margin)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetTitle(p.Number, true)
	pdf.SetAuthor(p.Office, true)
	pdf.SetLang(p.Lang)
	pdf.SetCreationDate(p.Made)
	pdf.SetModificationDate(p.Made)
	pdf.SetCatalogSort(true)
	for _, one := range f.all {
		pdf.AddUTF8FontFromBytes(one.name, "", one.file)
	}
	pdf.AddPage()
	return &writer{pdf: pdf, fonts: f, rtl: p.RTL, lang: p.Lang, y: margin}, nil
}

// room begins another page unless there is room for as much.
func (w *writer) room(height float64) {
	if w.y+height > bottom {
		w.pdf.AddPage()
		w.y = margin
	}
}

func (w *writer) rule() {
	w.pdf.SetLineWidth(.3)
	w.pdf.Line(margin, w.y, width-margin, w.y)
	w.y += 3
}

// facts writes two columns, the labels on the side where lines begin.
func (w *writer) facts(list []Fact) {
	for _, f := range list {
		w.room(12)
		top := w.y
		w.text(f.Label, style{size: usual, bold: true}, 0, column-4)
		end := w.y
		w.y = top
		for line := range strings.SplitSeq(f.Value, "\n") {
			w.text(line, style{size: usual}, column, width-2*margin-column)
		}
		w.y = max(w.y, end) + 1
	}
}

// verify draws the code with the address beside it.
func (w *writer) verify(v Verify) {
	const side = 36.0
	w.y += 6
	w.room(side + 6)
	w.rule()
	top, x := w.y, margin
	if w.rtl {
		x = width - margin - side
	}
	cell := side / float64(v.Size+8) // four empty squares around it
	for i := range v.Size {
		for j := range v.Size {
			if v.Code(j, i) {
				w.pdf.Rect(x+float64(j+4)*cell, top+float64(i+4)*cell, cell, cell, "F")
			}
		}
	}
	w.y = top + 4
	w.text(v.Text, style{size: usual}, side+4, width-2*margin-side-4)
	w.y += 1
	w.address(v.Address, side+4, width-2*margin-side-4)
	w.y = max(w.y, top+side)
}

// address writes an address, which may break anywhere.
func (w *writer) address(address string, indent, wide float64) {
	w.wrap(address, style{size: small, ltr: true, anywhere: true}, indent, wide)
}

// text writes a paragraph that begins at an indent from the side where lines
// begin.
func (w *writer) text(s string, st style, indent, wide float64) {
	if s != "" {
		w.wrap(s, st, indent, wide)
	}
}
