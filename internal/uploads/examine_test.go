package uploads_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"portico/internal/testkit"
	"portico/internal/uploads"
)

// objectStream is an object stream of a PDF with a dictionary's names and what
// it holds.
func objectStream(names string, content []byte) string {
	return fmt.Sprintf("9 0 obj\n<</Type /ObjStm /N 1 /First 4 %s /Length %d>>\nstream\r\n%s\nendstream\nendobj\n", names, len(content), content)
}

func deflated(text string) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

// with is a PDF with something between its header and the rest.
func with(what string) []byte {
	return append([]byte("%PDF-1.7\n"+what+"\n"), pdf(3000, "x")...)
}

func TestAPDFIsTakenOnlyIfItDoesNothing(t *testing.T) {
	script := "7 0 <</S /JavaScript /JS (app.launchURL)>>"
	inside := objectStream("/Filter /FlateDecode", deflated(script))
	plain := objectStream("/Filter /FlateDecode", deflated("7 0 <</Type /Catalog /Pages 2 0 R /OpenAction [3 0 R /Fit]>>"))
	big := strings.Repeat("7 0 <</S /GoTo>> ", 5000)
	for what, c := range map[string]struct {
		content []byte
		want    uploads.Reason
	}{
		"a plain one":                           {with(""), uploads.NoReason},
		"one with links and pages":              {with("<</S /URI /URI (https://one.gov.mv)>>"), uploads.NoReason},
		"one with object streams":               {with(plain + plain), uploads.NoReason},
		"a stream that spans blocks":            {with(objectStream("/Filter /FlateDecode", deflated(big)) + strings.Repeat("x", 70_000) + plain), uploads.NoReason},
		"a script":                              {with("<</S /JavaScript /JS (x)>>"), uploads.Active},
		"a script by another spelling":          {with("<</S /Java#53cript /JS (x)>>"), uploads.Active},
		"a program":                             {with("<</S/Launch/F(cmd.exe)>>"), uploads.Active},
		"a form that sends itself":              {with("<</S /SubmitForm>>"), uploads.Active},
		"a form with scripts":                   {with("<</AcroForm <</XFA 5 0 R>>>>"), uploads.Active},
		"a film":                                {with("<</Subtype /RichMedia>>"), uploads.Active},
		"a file within":                         {with("<</Type /EmbeddedFile>>"), uploads.Archive},
		"a password":                            {with("trailer <</Encrypt 5 0 R>>"), uploads.Encrypted},
		"a script in an object stream":          {with(inside), uploads.Active},
		"after another object stream":           {with(plain + inside), uploads.Active},
		"in one that begins in a third block":   {with(strings.Repeat(" ", 66_000) + inside), uploads.Active},
		"in one that a stream pretends to hide": {with("8 0 obj <</Length 9000>>\nstream\n" + inside + "endstream endobj"), uploads.Active},
		"in one that another pretends to hold":  {with("8 0 obj <</Type /ObjStm /Filter /FlateDecode>>\nstream\n" + string(deflated("1 0 2")) + inside), uploads.Active},
		"an object stream in another coding":    {with(objectStream("/Filter [/ASCIIHexDecode /FlateDecode]", deflated(script))), uploads.Unexaminable},
		"one whose coding is elsewhere":         {with(objectStream("/Filter 5 0 R", deflated(script))), uploads.Unexaminable},
		"one that is no deflate":                {with(objectStream("/Filter /FlateDecode", []byte("nothing of the kind"))), uploads.Unexaminable},
		"one that is cut":                       {with(objectStream("/Filter /FlateDecode", deflated(script)[:8]) + strings.Repeat("y", 9)), uploads.Unexaminable},
		"one that is a bomb":                    {with(objectStream("/Filter /FlateDecode", deflated(strings.Repeat("0 ", 9<<20)))), uploads.Unexaminable},
		"one that is plain":                     {with(objectStream("", []byte(script))), uploads.Active},
		"cut short":                             {with("")[:2000], uploads.BrokenOff},
		"with something behind":                 {append(with(""), "<html>"...), uploads.BrokenOff},
		"that is a zip too":                     {append(with(""), "PK\x05\x06\x00\x00\x00\x00%%EOF"...), uploads.Archive},
		"with blanks behind":                    {append(with(""), strings.Repeat("\x00", 65<<10)...), uploads.NoReason},
		"with more of them":                     {append(with(""), strings.Repeat("\x00", 67<<10)...), uploads.BrokenOff},
		"with a zip's end far before its own":   {with("PK\x05\x06" + strings.Repeat("z", 66<<10)), uploads.NoReason},
		"with one where it is looked for":       {with("PK\x05\x06" + strings.Repeat("z", 60<<10)), uploads.Archive},
		"that is a rar too":                     {with("Rar!\x1a\x07\x01\x00"), uploads.Archive},
	} {
		got, err := uploads.ExaminePDF(bytes.NewReader(c.content))
		if got != c.want || err != nil {
			t.Errorf("%s: %q, %v, want %q", what, got, err, c.want)
		}
	}
}

func TestAPDFIsReadAlikeHoweverItComes(t *testing.T) {
	r := testkit.Chance(t)
	script := objectStream("/Filter /FlateDecode", deflated("7 0 <</S /JavaScript>>"))
	for range 200 {
		at := r.IntN(80_000)
		content := with(strings.Repeat("z", at) + script)
		in := bytes.NewReader(content)
		got, err := uploads.ExaminePDF(readerFunc(func(p []byte) (int, error) { return in.Read(p[:min(len(p), 1+r.IntN(40_000))]) }))
		if got != uploads.Active || err != nil {
			t.Fatalf("a script at %d: %q, %v", at, got, err)
		}
	}
}

// exif is a JPEG with a place, a device and an orientation in it.
func exif(t *testing.T, turn byte, w, h int) []byte {
	t.Helper()
	tiff := []byte("II*\x00\x08\x00\x00\x00")
	tiff = append(tiff, 2, 0)
	tiff = append(tiff, 0x12, 0x01, 3, 0, 1, 0, 0, 0, turn, 0, 0, 0)
	tiff = append(tiff, 0x0f, 0x01, 2, 0, 20, 0, 0, 0, 38, 0, 0, 0)
	tiff = append(tiff, 0, 0, 0, 0)
	tiff = append(tiff, "qzxdeviceqv GPS 0.29S 73.42E"...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	plain := picture(t, uploads.JPEG, w, h)
	return bytes.Join([][]byte{plain[:2], segment, body, plain[2:]}, nil)
}

func TestO2_APictureLosesPlaceAndDeviceAndStandsUpright(t *testing.T) {
	onEachEngine(t, func(w *world) {
		s := w.spot(w.citizen, photo)
		original := exif(t, 6, 60, 40)
		f := w.sent(s, "site.jpeg", append(original, "and an archive behind it PK\x05\x06"...))
		got, err := read(w.Mine(t.Context(), w.citizen, f.ID))
		if err != nil {
			t.Fatal(err)
		}
		for _, gone := range []string{"qzxdevice", "GPS", "Exif", "archive"} {
			if bytes.Contains(got, []byte(gone)) {
				t.Errorf("the picture still holds %q", gone)
			}
		}
		p, err := jpeg.Decode(bytes.NewReader(got))
		if err != nil || p.Bounds() != image.Rect(0, 0, 40, 60) {
			t.Fatalf("the picture has the bounds %v, %v", p.Bounds(), err)
		}
		// Turned by 90 degrees, what was at the left below is at the left above.
		r, g, _, _ := p.At(2, 2).RGBA()
		if r>>8 > 60 || g>>8 < 180 {
			t.Errorf("the picture is not upright: its corner has red %d, green %d", r>>8, g>>8)
		}
		if f.Size != int64(len(got)) {
			t.Errorf("it has %d bytes and says %d", len(got), f.Size)
		}
		w.work()
		if list := w.blobs(); len(list) != 1 {
			t.Errorf("the original is kept: %v", list)
		}
	})
}

// bomb is a PNG that says it has so many pixels, in a few bytes.
func bomb(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32(nil, w)
	head = binary.BigEndian.AppendUint32(head, h)
	head = append(head, 8, 6, 0, 0, 0)
	chunk := append([]byte("IHDR"), head...)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}

func TestAPictureThatIsNoneIsRefused(t *testing.T) {
	w := onOne(t)
	s := w.spot(w.citizen, photo)
	good := picture(t, uploads.PNG, 300, 200)
	photo := picture(t, uploads.JPEG, 300, 200)
	damaged := bytes.Clone(good)
	copy(damaged[len(damaged)/2:], "damaged damaged")
	for what, c := range map[string]struct {
		content []byte
		want    uploads.Reason
	}{
		"a bomb":                 {bomb(60_000, 60_000), uploads.ManyPixels},
		"a long bomb":            {bomb(1, 2_000_000_000), uploads.ManyPixels},
		"one of no pixels":       {bomb(0, 10), uploads.Damaged},
		"half of a PNG":          {good[:len(good)/2], uploads.Damaged},
		"half of a JPEG":         {photo[:len(photo)/2], uploads.Damaged},
		"a damaged one":          {damaged, uploads.Damaged},
		"a head without a body":  {[]byte("\xff\xd8\xff\xe0"), uploads.BrokenOff},
		"the words of a picture": {[]byte("\x89PNG\r\n\x1a\nhello, this is no picture"), uploads.BrokenOff},
	} {
		f, err := w.Receive(t.Context(), s, "photo.png", -1, bytes.NewReader(c.content))
		if err == nil || f.State != uploads.Refused || f.Reason != c.want {
			t.Errorf("%s: %+v, %v", what, f, err)
		}
	}
	w.work()
	if list := w.blobs(); len(list) != 0 {
		t.Errorf("refused pictures are kept: %v", list)
	}
}

func TestADrawnPictureHasTheSamePixels(t *testing.T) {
	w := onOne(t)
	content := picture(t, uploads.PNG, 120, 80)
	f := w.sent(w.spot(w.citizen, photo), "photo.png", content)
	got, err := read(w.Mine(t.Context(), w.citizen, f.ID))
	if err != nil {
		t.Fatal(err)
	}
	before, err1 := png.Decode(bytes.NewReader(content))
	after, err2 := png.Decode(bytes.NewReader(got))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for y := range 80 {
		for x := range 120 {
			if before.At(x, y) != after.At(x, y) {
				t.Fatalf("the pixel at %d, %d has changed", x, y)
			}
		}
	}
}

func TestANameIsFitToBeShownAndSaved(t *testing.T) {
	long := strings.Repeat("ޕްލޭން", 40)
	for typed, want := range map[string]string{
		"plan.pdf":                         "plan.pdf",
		`C:\Users\me\plan.pdf`:             "plan.pdf",
		"../../etc/passwd":                 "passwd",
		"a\u202egnp.exe":                   "agnp.exe",
		"a\x00b\r\nSet-Cookie: x.pdf":      "ab Set-Cookie x.pdf",
		"  ":                               "file",
		"...":                              "file",
		".pdf":                             "pdf",
		"\xff\xfe.pdf":                     "pdf",
		"two  spaces\tand.a.tab.png":       "two spaces and.a.tab.png",
		long + ".pdf":                      string([]rune(long)[:96]) + ".pdf",
		"name." + strings.Repeat("x", 300): "name." + strings.Repeat("x", 95),
	} {
		if got := uploads.CleanName(typed); got != want {
			t.Errorf("%q becomes %q, not %q", typed, got, want)
		}
	}
}
