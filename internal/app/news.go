package app

import (
	"portico/internal/news"
	"portico/internal/platform/i18n"
)

// publish makes what shows the news.
func (p *portal) publish() {
	p.news = news.New(news.Config{
		Items: func() []news.Item { return p.live.Current().News }, Name: func() i18n.Text { return p.live.Current().Portal.Name },
		Address: p.address, Clock: p.clock,
	})
	p.notices.About("news", p.news)
}
