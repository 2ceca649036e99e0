package services_test

import (
	"strings"
	"testing"

	"portico/internal/services"
	"portico/internal/services/search"
	"portico/internal/services/servicestest"
)

func TestO18_SearchForgivesSpellingInEachLanguage(t *testing.T) {
	list := []*services.Definition{servicestest.RoadPermit(t)}
	for _, c := range []struct {
		query, lang string
		found       bool
	}{
		{"road permit", "en", true},
		{"ROAD", "en", true},
		{"raod permitt", "en", true}, // letters swapped, one too many
		{"how do I get a permit for a road", "en", true},
		{"excavaton", "en", true}, // a keyword, with a letter missing
		{"exc", "en", true},       // its beginning
		{"rôàd", "en", true},      // accents that are none
		{"fuvamulah", "en", true}, // the responsible entity, misspelt
		{"zebra", "en", false},
		{"road zebra", "en", false},
		{"ca", "en", true},
		{"r", "en", false},
		{"މަގު ބަންދުކުރުމުގެ ހުއްދަ", "dv", true},
		{"މގ", "dv", true},   // without its vowel signs
		{"މިގު", "dv", true}, // with another one
		{"ހުއްދ", "dv", true},
		{"ކޭބުލު", "dv", true},         // a keyword, spelt otherwise
		{"އިމާރާތްކުރުން", "dv", true}, // އ for ޢ
		{"ކަކުނި", "dv", false},
		{"cable", "dv", true}, // a word of the other language
		{strings.Repeat("zq ", 5000), "en", false},
		{"", "en", false},
		{"%%%'\"<script>", "en", false},
	} {
		s := services.Find(list, c.query, c.lang, "a an do for get how i")
		if (len(s.Found) == 1) != c.found {
			t.Errorf("%.40q in %s: found %d", c.query, c.lang, len(s.Found))
		}
		if n := len([]rune(s.Query)); n > search.MaxQuery {
			t.Errorf("%d characters of a query are repeated", n)
		}
	}
}

func TestO18_TheBestMatchIsFirstAndNothingFoundSuggestsWhatIsNear(t *testing.T) {
	road := servicestest.RoadPermit(t)
	cable := servicestest.Compile(t, edited(t, "id: road-permit", "id: cable-permit", "name: {en: Road permit,", "name: {en: Cable permit,"), "cable-permit")
	list := []*services.Definition{road, cable}
	for query, first := range map[string]string{"cable": "cable-permit", "road permit": "road-permit", "caple permit": "cable-permit"} {
		s := services.Find(list, query, "en", "")
		if len(s.Found) == 0 || s.Found[0].ID != first || len(s.Near) > 0 {
			t.Errorf("%s: %d found, near %d", query, len(s.Found), len(s.Near))
		}
	}
	s := services.Find(list, "cable zebra", "en", "")
	if len(s.Found) != 0 || len(s.Near) != 2 || s.Near[0].ID != "cable-permit" {
		t.Errorf("near: %+v", s.Near)
	}
}

func FuzzFind(f *testing.F) {
	list := []*services.Definition{servicestest.RoadPermit(f)}
	for _, s := range []string{"road", "މަގު", "a\u0301\u0301\u0301", "\xff", "ﷺ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		s := services.Find(list, query, "en", "")
		if len([]rune(s.Query)) > search.MaxQuery || len(s.Found)+len(s.Near) > len(list) {
			t.Errorf("%q: %+v", query, s)
		}
	})
}
