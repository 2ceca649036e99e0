package app

import (
	"context"

	"portico/internal/news"
	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/i18n"
)

// publish makes what shows the news.
func (p *portal) publish() {
	p.news = news.New(news.Config{
		Items: func() []news.Item { return p.live.Current().News }, Name: func() i18n.Text { return p.live.Current().Portal.Name },
		Address: p.address, Clock: p.clock,
	})
	p.notices.About("news", newsSource{p.news})
}

// items are the news that people are told of.
func (p *portal) items() (list []notify.Item) {
	for _, i := range p.live.Current().News {
		list = append(list, notify.Item{ID: i.ID, Day: i.Date, Offer: i.Offer})
	}
	return list
}

// newsSource says what a notice of an item of news may say.
type newsSource struct{ news *news.News }

// Say answers for notify.Source. An item that was withdrawn is gone; one that is
// to come says something to nobody, who looks at it before.
func (n newsSource) Say(_ context.Context, a notify.About, p *i18n.Printer) (notify.Words, error) {
	i, ok := n.news.Find(a.ID)
	if a.Subject == "" {
		i, ok = n.news.Declared(a.ID)
	}
	if !ok {
		return notify.Words{Gone: true}, nil
	}
	return notify.Words{Path: "/news/" + i.ID, Says: map[string]string{kinds.WordHeadline: p.In(i.Title), kinds.WordText: i.First(p), kinds.WordDate: p.Date(i.Date)}}, nil
}
