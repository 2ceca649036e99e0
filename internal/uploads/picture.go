package uploads

import (
	"bufio"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"
)

// maxPixels bounds a picture before any of it is decoded: more than telephones
// take. Decoding one of it needs half a gigabyte at the worst, so only one is
// drawn at a time.
const maxPixels = 30_000_000

// maxSide bounds each side.
const maxSide = 20_000

// quality is that of pictures drawn anew: written text stays sharp.
const quality = 90

// watched remembers what went wrong beneath a decoder: everything else that a
// decoder complains about is the picture's fault.
type watched struct {
	io.Reader
	failed error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.failed = err
	}
	return n, err
}

// blame is why a picture could not be decoded.
func (w *watched) blame(err error) (Reason, error) {
	switch {
	case err == nil:
		return NoReason, nil
	case w.failed != nil:
		return NoReason, w.failed
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return BrokenOff, nil
	}
	return Damaged, nil
}

// measure reads the head of a picture and refuses one of too many pixels.
func measure(k Kind, r io.Reader) (Reason, error) {
	in := &watched{Reader: r}
	c, err := pictureConfig(k, in)
	if err != nil {
		return in.blame(err)
	}
	switch {
	case c.Width < 1 || c.Height < 1:
		return Damaged, nil
	case c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels:
		return ManyPixels, nil
	}
	return NoReason, nil
}

func pictureConfig(k Kind, r io.Reader) (image.Config, error) {
	if k == PNG {
		return png.DecodeConfig(r)
	}
	return jpeg.DecodeConfig(r)
}

// redraw decodes a picture and writes it anew: its pixels, upright, and
// nothing else of what was in it.
func redraw(k Kind, r io.Reader, w io.Writer) (Reason, error) {
	under := &watched{Reader: r}
	in := bufio.NewReaderSize(under, 64<<10)
	if k == PNG {
		picture, err := png.Decode(in)
		if err != nil {
			return under.blame(err)
		}
		return NoReason, png.Encode(w, picture)
	}
	head, _ := in.Peek(64 << 10) // of a short one, all there is
	turn := orientation(head)
	picture, err := jpeg.Decode(in)
	if err != nil {
		return under.blame(err)
	}
	return NoReason, jpeg.Encode(w, upright(picture, turn), &jpeg.Options{Quality: quality})
}

// orientation finds how a camera was held, 1 to 8, in the Exif data of a JPEG.
func orientation(b []byte) int {
	const upright = 1
	for at := 2; at+4 <= len(b) && b[at] == 0xff; {
		marker, size := b[at+1], int(binary.BigEndian.Uint16(b[at+2:]))
		if marker == 0xda || size < 2 || at+2+size > len(b) {
			return upright
		}
		body := b[at+4 : at+2+size]
		at += 2 + size
		if marker != 0xe1 || len(body) < 14 || string(body[:6]) != "Exif\x00\x00" {
			continue
		}
		tiff := body[6:]
		var order binary.ByteOrder = binary.BigEndian
		if string(tiff[:2]) == "II" {
			order = binary.LittleEndian
		}
		first := int64(order.Uint32(tiff[4:]))
		if first+2 > int64(len(tiff)) {
			return upright
		}
		n := int64(order.Uint16(tiff[first:]))
		for i := range n {
			entry := first + 2 + 12*i
			if entry+12 > int64(len(tiff)) {
				return upright
			}
			if order.Uint16(tiff[entry:]) == 0x0112 {
				if turn := int(order.Uint16(tiff[entry+8:])); turn >= 1 && turn <= 8 {
					return turn
				}
				return upright
			}
		}
	}
	return upright
}

// upright turns a picture as its orientation says.
func upright(p image.Image, turn int) image.Image {
	if turn == 1 {
		return p
	}
	b := p.Bounds()
	w, h := b.Dx(), b.Dy()
	size := image.Rect(0, 0, w, h)
	if turn >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch turn {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			out.Set(tx, ty, p.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}
