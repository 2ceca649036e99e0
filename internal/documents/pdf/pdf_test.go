package pdf_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/documents/pdf"
)

// permit is a page with what pages hold: names of 60 characters, addresses of
// three lines, and both scripts in each other.
func permit(rtl bool) pdf.Page {
	p := pdf.Page{
		Lang: "en", Office: "Fuvahmulah City Council", Title: "Permit to close a road", Number: "RP-7F3K-92QD",
		Made:  time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC),
		Facts: []pdf.Fact{{"Number", "RP-7F3K-92QD"}, {"Valid until", "30 November 2026, 18:00"}},
		Parts: []pdf.Part{
			{Lines: []string{"Fuvahmulah City Council permits Nərgiz Əliyeva-Żółtowska Ğülşən Šimůnková-Þórðardóttir to close the road named below, for the work and at the time stated; ހަސަން މަނިކު agrees."}},
			{Heading: "The closure", Facts: []pdf.Fact{{"Road", "Dhigu Magu\nFinifenmaage\nFuvahmulah City 18011"}, {"Section", "<script>alert(1)</script> {road} (\\n) %%EOF"}}},
		},
		Verify: pdf.Verify{Text: "Anybody can verify this document at", Address: "https://one.gov.mv/en/verify/RP-7F3K-92QD/abcdefghijklmnopqrstuvwxyz", Size: 33, Code: func(x, y int) bool { return (x+y)%2 == 0 }},
	}
	if rtl {
		p.Lang, p.RTL, p.Office, p.Title = "dv", true, "ފުވައްމުލަކު ސިޓީ ކައުންސިލް", "މަގު ބަންދުކުރުމުގެ ހުއްދަ"
		p.Facts = []pdf.Fact{{"ނަންބަރު", "RP-7F3K-92QD"}, {"މުއްދަތު ހަމަވަނީ", "30 ނޮވެންބަރު 2026، 18:00"}}
		p.Parts = []pdf.Part{
			{Lines: []string{"ފުވައްމުލަކު ސިޓީ ކައުންސިލް އިން \u2068Aishath Mohamed (A123456)\u2069 އަށް، ތިރީގައިވާ މަގު، ބަޔާންކޮށްފައިވާ މަސައްކަތަށާއި ވަގުތަށް ބަންދުކުރުމުގެ ހުއްދަ ދީފިއެވެ."}},
			{Heading: "މަގު ބަންދުކުރުން", Facts: []pdf.Fact{{"މަގު", "Dhigu Magu\nފިނިފެންމާގެ"}, {"ބޯޑުގެ އަދަދު", "3"}}},
		}
		p.Verify.Text = "މި ލިޔުމުގެ ޞައްޙަކަން ބެލޭނެ އެޑްރެސް"
	}
	return p
}

// TestO18_APermitIsDrawnRightOrNotAtAll draws it in both directions. With
// PORTICO_PICTURES set to a folder, it leaves the files there.
func TestO18_APermitIsDrawnRightOrNotAtAll(t *testing.T) {
	for _, rtl := range []bool{false, true} {
		b, err := pdf.Draw(permit(rtl))
		if err != nil {
			t.Fatal(err)
		}
		if dir := os.Getenv("PORTICO_PICTURES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, permit(rtl).Lang+".pdf"), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		again, err := pdf.Draw(permit(rtl))
		if err != nil || !bytes.Equal(b, again) {
			t.Errorf("the same page is another file (%v)", err)
		}
	}
	p := permit(false)
	p.Title = "许可 " + strings.Repeat("x", 10)
	if _, err := pdf.Draw(p); !errors.Is(err, pdf.ErrCharacter) {
		t.Errorf("what no font has is drawn: %v", err)
	}
}
