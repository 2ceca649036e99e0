package contact

import (
	"net/http"
	"strings"

	"portico/internal/contact/pages"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
)

// Channel is one way to reach the operator.
type Channel struct {
	Kind  string // phone, email, website, address, social
	Value string // as people write it
	URL   string // where a website or social channel is
	Name  i18n.Text
	Note  i18n.Text // such as opening hours; may be empty
}

// Operator is who answers, and how to reach them.
type Operator struct {
	Name, Address i18n.Text
	Channels      []Channel
}

// Mount declares the help page. The operator is asked for at each request, for
// an instance may change while the program runs.
func Mount(r *web.Router, operator func() Operator) {
	r.Handle(web.Route{Method: http.MethodGet, Path: "/help", Activity: "public", Handler: func(q *web.Req) error {
		o := operator()
		p := pages.Help{Operator: q.P.In(o.Name), Address: q.P.In(o.Address)}
		for _, c := range o.Channels {
			channel := pages.Channel{Name: q.P.In(c.Name), Note: q.P.In(c.Note), Value: c.Value, Href: href(c), LTR: c.Kind != "address"}
			if c.Kind == "social" {
				p.Social = append(p.Social, channel)
			} else {
				p.Channels = append(p.Channels, channel)
			}
		}
		return q.Page(http.StatusOK, web.Page{Title: q.P.T("contact.title"), Body: pages.HelpPage(p)})
	}})
}

// href is where a channel leads, or nothing for what cannot be opened.
func href(c Channel) string {
	switch c.Kind {
	case "phone":
		return "tel:" + strings.Map(func(r rune) rune {
			if r == '+' || '0' <= r && r <= '9' {
				return r
			}
			return -1
		}, c.Value)
	case "email":
		return "mailto:" + c.Value
	}
	return c.URL
}
