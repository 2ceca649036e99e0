package ui

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"portico/internal/platform/i18n"
)

func TestDateValueKeepsWhatWasTyped(t *testing.T) {
	for _, tc := range []struct{ day, month, year, want string }{
		{"31", "3", "1980", "1980-03-31"},
		{" 1 ", "02", "2026", "2026-02-01"},
		{"", "", "", ""},
		{"31", "", "1980", "1980--31"},
		{"x", "y", "z", "z-0y-0x"},
		{"-5", "3", "1980", "1980-03-05"},
		{"1", "1", "80", "80-01-01"},
		{"12345", "1", "2026", "2026-01-12345"},
	} {
		form := url.Values{"born-day": {tc.day}, "born-month": {tc.month}, "born-year": {tc.year}}
		got := DateValue(form, "born")
		if got != tc.want {
			t.Errorf("%+v: %q", tc, got)
		}
		if p := parts(got); got != "" && strings.Join(p[:], "-") != got {
			t.Errorf("%q is shown as %q", got, p)
		}
	}
}

func TestLinksAreInTheLanguageOfThePage(t *testing.T) {
	cat, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	ctx := i18n.With(t.Context(), cat.Printer("dv", nil))
	if got := Href(ctx, "/cabinet/"); got != "/dv/cabinet/" {
		t.Errorf("%q", got)
	}
}

func TestAFieldIsTiedToItsHintAndItsError(t *testing.T) {
	for _, tc := range []struct {
		f         Field
		id, about string
	}{
		{Field{Name: "a"}, "a", ""},
		{Field{Name: "a", Hint: "h"}, "a", "a-hint"},
		{Field{ID: "x", Name: "a", Hint: "h", Error: "e"}, "x", "x-hint x-error"},
	} {
		if tc.f.id() != tc.id || tc.f.describedBy() != tc.about {
			t.Errorf("%+v: %q, %q", tc.f, tc.f.id(), tc.f.describedBy())
		}
	}
	f := Field{Value: "", Values: []string{"a"}}
	if !f.has("a") || f.has("b") || f.has("") {
		t.Error("the wrong options are chosen")
	}
}

func TestPartsOfABarFollowEachOtherAndDifferInHeight(t *testing.T) {
	got := Bar{Whole: 8, Parts: []Part{{2, Bad}, {0, Good}, {2, Warn}, {-1, Bad}, {9, Info}}}.rects()
	want := []rect{{Bad, "0.00", "0", "25.00", "12"}, {Warn, "25.00", "3", "25.00", "9"}, {Info, "50.00", "6", "100.00", "6"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if none := (Bar{Parts: []Part{{1, Good}}}).rects(); len(none) > 0 {
		t.Errorf("a bar of nothing has parts: %v", none)
	}
}
