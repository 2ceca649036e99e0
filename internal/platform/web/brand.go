package web

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Brand is the look of a portal: two colours, from which every other is
// derived. Use NewBrand.
type Brand struct {
	primary, accent          colour
	strong, tint, line       colour // of primary, on light pages
	darkHead, dark, darkTint colour // of primary, on dark pages
	darkStrong, darkLine     colour
}

// The colours of a page that no brand changes.
const (
	paper     = "#ffffff"
	shade     = "#f4f6f8"
	ink       = "#16202a"
	muted     = "#4f5b67"
	darkPaper = "#12181f"
	darkShade = "#1b232c"
	darkInk   = "#eef2f5"
	darkMuted = "#a9b4bf"
)

// Contrast that text needs (WCAG 2.2, 1.4.3), and controls (1.4.11).
const (
	textContrast    = 4.5
	controlContrast = 3.0
)

// Pair is two colours that meet on a page.
type Pair struct {
	What        string
	Front, Back string
	Ratio       float64
	Need        float64
}

// NewBrand derives the colours of a portal from primary (header, links,
// buttons) and accent (focus), written #rrggbb. It refuses colours with which
// some pair would be below the contrast it needs, and says which.
func NewBrand(primary, accent string) (Brand, error) {
	p, err := parseColour(primary)
	if err != nil {
		return Brand{}, fmt.Errorf("primary: %w", err)
	}
	a, err := parseColour(accent)
	if err != nil {
		return Brand{}, fmt.Errorf("accent: %w", err)
	}
	white, black := mustColour(paper), mustColour("#000000")
	b := Brand{primary: p, accent: a}
	b.strong = p.mix(black, .28)
	b.tint = p.mix(white, .92)
	b.line = p.mix(white, .7)
	b.darkHead = p.mix(mustColour(darkPaper), .45)
	b.dark = p
	for range 100 {
		if contrast(b.dark, mustColour(darkShade)) >= 7 {
			break
		}
		b.dark = b.dark.lighter(.01)
	}
	b.darkStrong = b.dark.mix(white, .35)
	b.darkTint = p.mix(mustColour(darkPaper), .8)
	b.darkLine = p.mix(mustColour(darkPaper), .45)
	var errs []error
	for _, pair := range b.Pairs() {
		if pair.Ratio < pair.Need {
			errs = append(errs, fmt.Errorf("%s: %s on %s has a contrast of %.2f:1, it needs %.1f:1", pair.What, pair.Front, pair.Back, pair.Ratio, pair.Need))
		}
	}
	return b, errors.Join(errs...)
}

// Pairs returns every pair of colours that a page of this brand sets on each
// other, with its contrast.
func (b Brand) Pairs() []Pair {
	c := mustColour
	text := func(what string, front, back colour) Pair {
		return Pair{what, front.String(), back.String(), contrast(front, back), textContrast}
	}
	return []Pair{
		text("header", c(paper), b.primary),
		text("button", c(paper), b.primary),
		text("button pressed", c(paper), b.strong),
		text("link", b.primary, c(paper)),
		text("link on shade", b.primary, c(shade)),
		text("link on tint", b.primary, b.tint),
		text("link pressed", b.strong, c(paper)),
		text("text on tint", c(ink), b.tint),
		text("muted text on tint", c(muted), b.tint),
		text("focused link", c(ink), b.accent),
		text("dark: header", c(paper), b.darkHead),
		text("dark: button", c(darkPaper), b.dark),
		text("dark: button pressed", c(darkPaper), b.darkStrong),
		text("dark: link", b.dark, c(darkPaper)),
		text("dark: link on shade", b.dark, c(darkShade)),
		text("dark: link on tint", b.dark, b.darkTint),
		text("dark: text on tint", c(darkInk), b.darkTint),
		text("dark: muted text on tint", c(darkMuted), b.darkTint),
		{"dark: focus ring", b.accent.String(), darkPaper, contrast(b.accent, c(darkPaper)), controlContrast},
	}
}

// css returns the brand as custom properties.
func (b Brand) css() string {
	return fmt.Sprintf(":root{--brand:%s;--head:%s;--strong:%s;--tint:%s;--tint-line:%s;--accent:%s}\n"+
		"@media screen and (prefers-color-scheme:dark){:root{--brand:%s;--head:%s;--strong:%s;--tint:%s;--tint-line:%s}}\n",
		b.primary, b.primary, b.strong, b.tint, b.line, b.accent, b.dark, b.darkHead, b.darkStrong, b.darkTint, b.darkLine)
}

// Primary returns the first of the brand's two colours, as #rrggbb.
func (b Brand) Primary() string { return b.primary.String() }

// colour is an sRGB colour, each channel from 0 to 1.
type colour [3]float64

func parseColour(s string) (colour, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return colour{}, fmt.Errorf("%q is no colour: write #rrggbb", s)
	}
	return colour{float64(n>>16) / 255, float64(n>>8&255) / 255, float64(n&255) / 255}, nil
}

// mustColour is for the constants above.
func mustColour(s string) colour {
	c, err := parseColour(s)
	if err != nil {
		panic(err)
	}
	return c
}

// String returns the colour as #rrggbb.
func (c colour) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0]*255)), int(math.Round(c[1]*255)), int(math.Round(c[2]*255)))
}

// mix returns c with the part share of d in it.
func (c colour) mix(d colour, share float64) colour {
	for i := range c {
		c[i] = c[i]*(1-share) + d[i]*share
	}
	return c
}

// lighter returns c with its lightness (HSL) raised by share; hue and
// saturation stay, so that a brand's blue does not turn grey.
func (c colour) lighter(share float64) colour {
	hi, lo := max(c[0], c[1], c[2]), min(c[0], c[1], c[2])
	l := (hi + lo) / 2
	to := min(l+share, 1)
	chroma := 1 - math.Abs(2*l-1)
	grow := 0.0
	if chroma > 0 {
		grow = min((1-math.Abs(2*to-1))/chroma, 1.6)
	}
	for i := range c {
		c[i] = min(max(to+(c[i]-l)*grow, 0), 1)
	}
	return c
}

// luminance is the relative luminance of WCAG.
func (c colour) luminance() float64 {
	var l [3]float64
	for i, v := range c {
		if v <= 0.04045 {
			l[i] = v / 12.92
		} else {
			l[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
}

// contrast is the contrast ratio of WCAG, from 1 to 21.
func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}
