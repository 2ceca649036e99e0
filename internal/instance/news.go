package instance

import (
	"slices"
	"strings"
	"time"

	"portico/internal/news"
	"portico/internal/notify/kinds"
	"portico/internal/platform/i18n"
)

// newsFile is news/ID.yaml.
type newsFile struct {
	Date  Date      `yaml:"date" doc:"the day on which it is published"`
	Title i18n.Text `yaml:"title" doc:"one line"`
	Text  i18n.Text `yaml:"text" doc:"an empty line begins a paragraph"`
	Offer bool      `yaml:"offer" doc:"it offers something of the operator's own: the newsletter does not tell of it, but an official sends it to who consents to offers"`

	Important bool `yaml:"important" doc:"everybody with an account is told of it, by the important notice important-update, which nobody can switch off"`
}

// maxHeadline bounds the title of an item of news.
const maxHeadline = 120

// news reads news/ID.yaml.
func (l *loader) news(in *Instance) {
	for _, name := range l.within("news") {
		file, id := "news/"+name, strings.TrimSuffix(name, ".yaml")
		var f newsFile
		if !l.decode(file, &f) {
			continue
		}
		l.texts(file, &f, in.Portal.Langs())
		if len(id) > maxHeadline/2 {
			l.report(file, 1, "the name of the file has at most %d characters", maxHeadline/2)
		}
		for lang, title := range f.Title {
			if strings.Contains(title, "\n") || len([]rune(title)) > maxHeadline {
				l.at(file, "title/"+lang, "title/%s: a title is one line of at most %d characters", lang, maxHeadline)
			}
		}
		day, err := time.ParseInLocation(time.DateOnly, f.Date.day, in.Portal.Timezone.Location())
		if err != nil {
			continue // the decoder has said so
		}
		switch {
		case f.Important && f.Offer:
			l.at(file, "important", "important: an offer goes to who consents to offers, and to nobody else")
		case f.Important && !slices.Contains(l.within("notices"), kinds.Update+".yaml"):
			l.at(file, "important", "important: everybody is told of it: write notices/%s.yaml", kinds.Update)
		}
		in.News = append(in.News, news.Item{ID: id, Date: day, Title: f.Title, Text: f.Text, Offer: f.Offer, Important: f.Important})
	}
}
