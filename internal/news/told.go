package news

import (
	"context"

	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/i18n"
)

// Told are the items as those know them who tell people: also those to come.
func (n *News) Told() (list []notify.Item) {
	for _, i := range n.Items() {
		list = append(list, notify.Item{ID: i.ID, Day: i.Date, Offer: i.Offer, Important: i.Important})
	}
	return list
}

// Say says what a notice of an item may say (notify.Source). An item that was
// withdrawn is gone; one that is to come says something to nobody, who looks at
// it before.
func (n *News) Say(_ context.Context, a notify.About, p *i18n.Printer) (notify.Words, error) {
	find := n.Find
	if a.Subject == "" {
		find = n.declared
	}
	i, ok := find(a.ID)
	if !ok {
		return notify.Words{Gone: true}, nil
	}
	says := map[string]string{kinds.WordHeadline: p.In(i.Title), kinds.WordText: "", kinds.WordDate: p.Date(i.Date)}
	if text := paragraphs(p.In(i.Text)); len(text) > 0 {
		says[kinds.WordText] = text[0]
	}
	return notify.Words{Path: "/news/" + i.ID, Says: says}, nil
}
