package contact_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"portico/internal/contact"
	"portico/internal/platform/i18n"
)

func TestO16_EveryContactChannelIsOnTheHelpPageInTheLanguageOfTheReader(t *testing.T) {
	name := func(en, dv string) i18n.Text { return i18n.Text{"en": en, "dv": dv} }
	b := one(t,
		contact.Channel{Kind: "website", Value: "one.gov.mv", URL: "https://one.gov.mv", Name: name("Website", "ވެބްސައިޓު")},
		contact.Channel{Kind: "phone", Value: "+960 (15)-00", Name: name("Helpline", "ހެލްޕްލައިން"), Note: name("Sunday to Thursday", "އާދީއްތައިން ބުރާސްފައްޗަށް")},
		contact.Channel{Kind: "email", Value: "help@example.org", Name: name("E-mail", "އީމެއިލް")},
		contact.Channel{Kind: "address", Value: "Third floor", Name: name("Counter", "ކައުންޓަރު")},
		contact.Channel{Kind: "social", Value: "oneGovmv", URL: "https://www.tiktok.com/@oneGovmv", Name: name("TikTok", "ޓިކްޓޮކް")},
	).visitor()
	for lang, words := range map[string][]string{
		"en": {"Website", "Helpline", "Sunday to Thursday", "E-mail", "Counter", "TikTok", "Agency", "Malé"},
		"dv": {"ވެބްސައިޓު", "ހެލްޕްލައިން", "އާދީއްތައިން ބުރާސްފައްޗަށް", "އީމެއިލް", "ކައުންޓަރު", "ޓިކްޓޮކް", "އެޖެންސީ", "މާލެ"},
	} {
		page := b.Page("/"+lang+"/help", http.StatusOK)
		section := page.One("#contact")
		for _, w := range append(words, "one.gov.mv", "+960 (15)-00", "help@example.org", "Third floor", "oneGovmv") {
			if !strings.Contains(section.Text(), w) {
				t.Errorf("%s: the contact channels do not say %q", lang, w)
			}
		}
		var links []string
		for a := range section.Find("dl a").All() {
			links = append(links, a.Attr("href"))
		}
		want := []string{"https://one.gov.mv", "tel:+9601500", "mailto:help@example.org", "https://www.tiktok.com/@oneGovmv"}
		if !slices.Equal(links, want) {
			t.Errorf("%s: the channels lead to %q, not to %q", lang, links, want)
		}
	}
}

func TestTheHelpPageOfAPortalWithoutSocialChannelsHasNoSuchHeading(t *testing.T) {
	page := one(t, contact.Channel{Kind: "phone", Value: "1500", Name: i18n.Text{"en": "Helpline"}}).visitor().Page("/en/help", http.StatusOK)
	if page.Has("#contact h3") {
		t.Errorf("headings: %q", page.Find("#contact h3").Texts())
	}
	if got := page.One("#contact dl a").Text(); got != "1500" {
		t.Errorf("the only channel reads %q", got)
	}
}
