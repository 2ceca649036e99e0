package ui

import "strconv"

// rect is a part of a bar, as SVG writes it.
type rect struct {
	kind                Kind
	x, y, width, height string
}

// rects lays the parts of a bar after each other in a box of 100 by 12. What
// is worse is also taller, so that the parts differ without their colours.
func (b Bar) rects() (out []rect) {
	at := 0
	for _, p := range b.Parts {
		if p.N <= 0 || b.Whole <= 0 {
			continue
		}
		height := 6
		switch p.Kind {
		case Bad:
			height = 12
		case Warn:
			height = 9
		}
		out = append(out, rect{
			p.Kind, hundredths(at, b.Whole), strconv.Itoa(12 - height), hundredths(p.N, b.Whole), strconv.Itoa(height),
		})
		at += p.N
	}
	return out
}

// hundredths is n of whole as a length of 100, with two places.
func hundredths(n, whole int) string {
	return strconv.FormatFloat(float64(min(n, whole))*100/float64(whole), 'f', 2, 64)
}
