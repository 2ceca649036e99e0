package web

import (
	"math"
	"strings"
	"testing"
)

func TestContrastIsThatOfWCAG(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want float64
	}{
		{"#000000", "#ffffff", 21},
		{"#ffffff", "#ffffff", 1},
		{"#777777", "#ffffff", 4.48},
		{"#767676", "#ffffff", 4.54},
		{"#0000ff", "#ffffff", 8.59},
	} {
		if got := contrast(mustColour(tc.a), mustColour(tc.b)); math.Abs(got-tc.want) > 0.005 {
			t.Errorf("%s on %s: %.3f, want %.2f", tc.a, tc.b, got, tc.want)
		}
	}
}

func TestABrandBelowTheContrastIsRefused(t *testing.T) {
	for _, tc := range []struct{ primary, accent, want string }{
		{"#0b5394", "#ffd23f", ""},
		{"#00594c", "#ffb81c", ""},
		{"#7a1f3d", "#ffdd00", ""},
		{"#5b2d8e", "#9be564", ""},
		{"#000000", "#ffdd00", ""},
		{"#8ec5ff", "#ffd23f", "header: #ffffff on #8ec5ff has a contrast of"},
		{"#0b5394", "#0b5394", "focused link"},
		{"blue", "#ffd23f", "primary: "},
		{"#0b5394", "#ffd23", "accent: "},
	} {
		b, err := NewBrand(tc.primary, tc.accent)
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s, %s: %v", tc.primary, tc.accent, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s, %s: %v, want %q", tc.primary, tc.accent, err, tc.want)
		case tc.want == "":
			for _, p := range b.Pairs() {
				if p.Ratio < 3 {
					t.Errorf("%s: %s: %.2f", tc.primary, p.What, p.Ratio)
				}
			}
		}
	}
}

// TestFixedColoursHaveContrast reads the colours that no brand changes from
// the stylesheet, light and dark, and checks the pairs that meet.
func TestFixedColoursHaveContrast(t *testing.T) {
	css, err := assetFiles.ReadFile("assets/portico.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark := tokens(string(css), false), tokens(string(css), true)
	for name, set := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, p := range []struct {
			front, back string
			need        float64
		}{
			{"ink", "paper", 4.5}, {"ink", "shade", 4.5}, {"muted", "paper", 4.5}, {"muted", "shade", 4.5},
			{"edge", "paper", 3}, {"focus", "paper", 3}, {"bad", "paper", 4.5}, {"ink", "neutral-bg", 4.5}, {"ink", "line", 4.5},
			{"bad", "bad-bg", 4.5}, {"good", "good-bg", 4.5}, {"warn", "warn-bg", 4.5}, {"info", "info-bg", 4.5}, {"neutral", "neutral-bg", 4.5},
			{"ink", "bad-bg", 4.5}, {"ink", "good-bg", 4.5}, {"ink", "warn-bg", 4.5}, {"ink", "info-bg", 4.5}, {"on", "bad", 4.5},
		} {
			if got := contrast(mustColour(set[p.front]), mustColour(set[p.back])); got < p.need {
				t.Errorf("%s: %s on %s is %.2f:1, it needs %.1f:1", name, p.front, p.back, got, p.need)
			}
		}
		if got := contrast(mustColour(paper), mustColour(set["done"])); got < 4.5 {
			t.Errorf("%s: white on done is %.2f:1", name, got)
		}
	}
	for name, want := range map[string]string{"paper": paper, "shade": shade, "ink": ink, "muted": muted} {
		if light[name] != want {
			t.Errorf("the brand is checked against %s %s, the stylesheet has %s", name, want, light[name])
		}
	}
	for name, want := range map[string]string{"paper": darkPaper, "shade": darkShade, "ink": darkInk, "muted": darkMuted} {
		if dark[name] != want {
			t.Errorf("the brand is checked against dark %s %s, the stylesheet has %s", name, want, dark[name])
		}
	}
}

// tokens returns the colours that the first :root rule sets, or the first one
// for dark pages.
func tokens(css string, dark bool) map[string]string {
	if dark {
		css = css[strings.Index(css, "prefers-color-scheme: dark"):]
	}
	_, css, _ = strings.Cut(css, ":root {")
	css, _, _ = strings.Cut(css, "}")
	out := map[string]string{}
	for line := range strings.SplitSeq(css, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if value == "#fff" {
			value = "#ffffff"
		}
		if strings.HasPrefix(value, "#") {
			out[strings.TrimPrefix(name, "--")] = value
		}
	}
	return out
}
