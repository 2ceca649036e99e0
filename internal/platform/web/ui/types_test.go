package ui

import (
	"net/url"
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
		{"x", "y", "z", "000z-0y-0x"},
		{"-5", "3", "1980", "1980-03-05"},
		{"1", "1", "80", "0080-01-01"},
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
