package documents

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// code is the picture of an address.
type code struct{ *qr.Code }

// codeOf draws an address so that a camera reads it from creased paper too.
func codeOf(address string) (code, error) {
	c, err := qr.Encode(address, qr.M)
	if err != nil {
		return code{}, fmt.Errorf("draw the code of a document: %w", err)
	}
	return code{c}, nil
}

// path is the picture as the path of an SVG, a unit a square, within an edge
// of four empty ones.
func (c code) path() string {
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			if from := x; c.Black(x, y) {
				for c.Black(x+1, y) {
					x++
				}
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+4, y+4, x+1-from, x+1-from)
			}
		}
	}
	return b.String()
}
