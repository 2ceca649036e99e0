package i18n

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	_ "time/tzdata" // time zones also on machines that have none installed
)

// rules are how one language writes.
type rules struct {
	tag       language.Tag
	rtl       bool
	own       bool     // plurals by the one/other rule, where x/text has no data
	forms     []string // the plural forms that whole numbers need
	months    [12]string
	days      [7]string
	date      string // {d} {m} {y}
	comma     string
	and       string
	thousands string
	decimal   string
}

// minorDigits lists the currencies whose minor unit is not a hundredth.
var minorDigits = map[string]int{"JPY": 0, "KRW": 0, "VND": 0, "IDR": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3}

// rightToLeft lists the languages written from right to left.
var rightToLeft = map[string]bool{"dv": true, "ar": true, "fa": true, "he": true, "ur": true, "ps": true, "sd": true, "ug": true, "yi": true}

// names lists the languages by the name their speakers use.
var names = map[string]string{"en": "English", "dv": "ދިވެހި", "az": "Azərbaycanca", "id": "Bahasa Indonesia"}

// Name returns the name of lang in lang itself.
func Name(lang string) string {
	if n, ok := names[lang]; ok {
		return n
	}
	return lang
}

// Dir returns the direction in which lang is written: "rtl" or "ltr".
func Dir(lang string) string {
	if base, _ := language.Make(lang).Base(); rightToLeft[base.String()] {
		return "rtl"
	}
	return "ltr"
}

// Valid reports whether lang is a well-formed language tag in its canonical
// form, fit for an address.
func Valid(lang string) bool {
	t, err := language.Parse(lang)
	return err == nil && t.String() == lang && t != language.Und
}

// Negotiate returns the one of langs that suits the Accept-Language header
// best, the first where none does.
func Negotiate(accept string, langs []string) string {
	tags := make([]language.Tag, len(langs))
	for i, l := range langs {
		tags[i] = language.Make(l)
	}
	want, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(want) == 0 {
		return langs[0]
	}
	_, i, confidence := language.NewMatcher(tags).Match(want...)
	if confidence == language.No {
		return langs[0]
	}
	return langs[i]
}

// form returns the plural form of n.
func (r *rules) form(n int64) string {
	if n < 0 {
		n = -n
	}
	if r.own {
		if n == 1 {
			return "one"
		}
		return "other"
	}
	return formName(plural.Cardinal.MatchPlural(r.tag, int(n%10_000_000), 0, 0, 0, 0))
}

func formName(f plural.Form) string {
	switch f {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	}
	return "other"
}

// rulesOf returns how lang writes; a language that is not in the table writes
// dates and numbers as English does.
func rulesOf(lang string) *rules {
	r := table[lang]
	if r.date == "" {
		r = table["en"]
	}
	r.tag = language.Make(lang)
	r.rtl = Dir(lang) == "rtl"
	r.own = lang == "dv"
	seen := map[string]bool{}
	for n := range int64(200) {
		seen[r.form(n)] = true
	}
	for _, f := range formNames {
		if seen[f] || f == "other" {
			r.forms = append(r.forms, f)
		}
	}
	return &r
}

// table is how each language writes dates and numbers. It is data, after CLDR
// where CLDR has the language, and never changes.
var table = map[string]rules{
	"en": {
		months:    [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		days:      [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		date:      "{d} {m} {y}",
		comma:     ",",
		and:       " and ",
		thousands: ",",
		decimal:   ".",
	},
	"dv": {
		months:    [12]string{"ޖެނުއަރީ", "ފެބްރުއަރީ", "މާރިޗު", "އޭޕްރީލް", "މޭ", "ޖޫން", "ޖުލައި", "އޯގަސްޓު", "ސެޕްޓެންބަރު", "އޮކްޓޯބަރު", "ނޮވެންބަރު", "ޑިސެންބަރު"},
		days:      [7]string{"އާދީއްތަ", "ހޯމަ", "އަންގާރަ", "ބުދަ", "ބުރާސްފަތި", "ހުކުރު", "ހޮނިހިރު"},
		date:      "{d} {m} {y}",
		comma:     "،",
		and:       " އަދި ",
		thousands: ",",
		decimal:   ".",
	},
	"az": {
		months:    [12]string{"yanvar", "fevral", "mart", "aprel", "may", "iyun", "iyul", "avqust", "sentyabr", "oktyabr", "noyabr", "dekabr"},
		days:      [7]string{"bazar", "bazar ertəsi", "çərşənbə axşamı", "çərşənbə", "cümə axşamı", "cümə", "şənbə"},
		date:      "{d} {m} {y}",
		comma:     ",",
		and:       " və ",
		thousands: ".",
		decimal:   ",",
	},
	"id": {
		months:    [12]string{"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"},
		days:      [7]string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"},
		date:      "{d} {m} {y}",
		comma:     ",",
		and:       " dan ",
		thousands: ".",
		decimal:   ",",
	},
}
