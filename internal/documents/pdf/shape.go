package pdf

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
)

// files are the fonts that scripts/npm.sh fetched, or only a note.
//
//go:embed all:fonts
var files embed.FS

// one is a font.
type one struct {
	name string // in the PDF
	file []byte
	face *font.Face
}

// fonts are those of a document: Latin and Thaana, each usual and bold.
type fonts struct{ all [4]one }

// ErrNone says that the program was built without fonts.
var ErrNone = errors.New("the program was built without fonts for PDFs")

// offered reports whether there are fonts.
func offered() bool {
	_, err := fs.Stat(files, "fonts/PublicSans_400Regular.ttf")
	return err == nil
}

// load reads the fonts. Faces hold state, so each document has its own.
func load() (*fonts, error) {
	if !offered() {
		return nil, ErrNone
	}
	f := &fonts{}
	for i, name := range []string{"PublicSans_400Regular", "PublicSans_700Bold", "NotoSansThaana_400Regular", "NotoSansThaana_700Bold"} {
		file, err := files.ReadFile("fonts/" + name + ".ttf")
		if err != nil {
			return nil, fmt.Errorf("read a font: %w", err)
		}
		face, err := font.ParseTTF(bytes.NewReader(file))
		if err != nil {
			return nil, fmt.Errorf("read the font %s: %w", name, err)
		}
		f.all[i] = one{name, file, face}
	}
	return f, nil
}

// style is how text is drawn.
type style struct {
	size     float64
	bold     bool
	ltr      bool // whatever the direction of the page
	anywhere bool // lines may break within a word
}

// weight chooses between usual and bold.
type weight struct {
	*fonts
	bold bool
}

// ResolveFace returns the font for a character: Thaana's own where it has it.
func (w weight) ResolveFace(r rune) *font.Face {
	i := 0
	if w.bold {
		i = 1
	}
	if !unicode.In(r, unicode.Thaana) && r != '،' && r != '؛' && r != '؟' {
		return w.all[i].face
	}
	return w.all[i+2].face
}

// em is the size at which text is measured: a thousandth of it is a unit.
// Letters of Thaana are small beside Latin ones, so they are drawn larger.
const (
	em     = 1000
	thaana = 1.2
)

// enlarged is by how much a font is drawn larger.
func (f *fonts) enlarged(face *font.Face) float64 {
	if face == f.all[2].face || face == f.all[3].face {
		return thaana
	}
	return 1
}

// wrap shapes a paragraph, breaks it into lines and draws them.
func (w *writer) wrap(s string, st style, indent, wide float64) {
	runes := []rune(s)
	direction := di.DirectionLTR
	if w.rtl && !st.ltr {
		direction = di.DirectionRTL
	}
	var plain []shaping.FontFeature // what is drawn is characters: none melt together
	for _, tag := range []string{"liga", "clig", "calt", "kern"} {
		plain = append(plain, shaping.FontFeature{Tag: opentype.MustNewTag(tag)})
	}
	var segment shaping.Segmenter
	var shaper shaping.HarfbuzzShaper
	var runs []shaping.Output
	for _, in := range segment.Split(shaping.Input{
		Text: runes, RunEnd: len(runes), Direction: direction, Size: fixed.I(em), Language: language.NewLanguage(w.lang), FontFeatures: plain,
	}, weight{w.fonts, st.bold}) {
		in.Size = fixed.Int26_6(float64(in.Size) * w.fonts.enlarged(in.Face))
		runs = append(runs, shaper.Shape(in))
	}
	scale := st.size / em * 25.4 / 72 // millimetres a unit
	policy := shaping.WhenNecessary
	if st.anywhere {
		policy = shaping.Always
	}
	var wrapper shaping.LineWrapper
	lines, _ := wrapper.WrapParagraph(shaping.WrapConfig{Direction: direction, BreakPolicy: policy}, int(wide/scale), runes, shaping.NewSliceIterator(runs))
	height := st.size * 1.4 * 25.4 / 72
	if w.rtl {
		height = st.size * 1.8 * 25.4 / 72
	}
	for _, line := range lines {
		w.room(height)
		w.y += height
		w.line(runes, line, st, scale, indent, wide)
	}
}

// line draws one line, whose baseline is a little above w.y.
func (w *writer) line(runes []rune, line shaping.Line, st style, scale, indent, wide float64) {
	slices.SortFunc(line, func(a, b shaping.Output) int { return int(a.VisualIndex - b.VisualIndex) })
	long := 0.0
	for _, run := range line {
		long += units(run.Advance)
	}
	x := margin + indent
	if w.rtl {
		x = width - margin - indent
		if st.ltr {
			x -= wide // its own side, within its column
		} else {
			x -= long * scale
		}
	}
	baseline := w.y - st.size*.35*25.4/72
	for _, run := range line {
		for _, g := range run.Glyphs {
			r, err := character(run.Face, g, runes)
			if err != nil && w.err == nil {
				w.err = err
			}
			if r != 0 {
				w.pdf.SetFont(w.fonts.name(run.Face), "", st.size*w.fonts.enlarged(run.Face))
				w.pdf.Text(x+units(g.XOffset)*scale, baseline-units(g.YOffset)*scale, string(r))
			}
			x += units(g.Advance) * scale
		}
	}
}

func units(n fixed.Int26_6) float64 { return float64(n) / 64 }

func (f *fonts) name(face *font.Face) string {
	i := slices.IndexFunc(f.all[:], func(o one) bool { return o.face == face })
	return f.all[i].name
}

// unseen are characters that only direct others, and spaces.
const unseen = " \u00a0\u2068\u2069\u200e\u200f\u200b\t"

// mirrored is the character that stands for another from right to left.
func mirrored(r rune) rune {
	const pairs = "()[]{}<>«»‹›≤≥"
	runes := []rune(pairs)
	if i := slices.Index(runes, r); i >= 0 {
		return runes[i^1]
	}
	return r
}

// character is what a glyph is drawn as, 0 for nothing: the one of its cluster
// that has this glyph.
func character(face *font.Face, g shaping.Glyph, runes []rune) (rune, error) {
	cluster := runes[g.TextIndex() : g.TextIndex()+g.RunesCount()]
	for _, r := range cluster {
		if strings.ContainsRune(unseen, r) {
			continue
		}
		for _, c := range []rune{r, mirrored(r)} {
			if id, ok := face.NominalGlyph(c); ok && id == g.GlyphID && c <= 0xffff {
				return c, nil
			}
		}
	}
	for _, r := range cluster {
		if !strings.ContainsRune(unseen, r) {
			return 0, fmt.Errorf("%w: U+%04X", ErrCharacter, r)
		}
	}
	return 0, nil
}
