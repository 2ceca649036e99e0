package demo

import (
	"net/http"
	"slices"
	"strings"

	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
)

// Password is what all people of a demo sign in with.
const Password = "portico-demo"

// Tour is ten minutes through a demo: what to do, where, and as whom.
type Tour struct {
	Citizen string          // who applies
	Service string          // one that people can apply for
	Roles   func() []string // those that the instance declares
	Dir     string          // of the instance
	Store   string          // file of the store; empty where it is none
}

// Mount declares the page.
func (t Tour) Mount(r *web.Router) {
	r.Handle(web.Route{
		Method: http.MethodGet, Path: "/demo/tour", Unprefixed: true, Audience: web.Public,
		Activity: "none: says what there is to see in a demo", Handler: t.show,
	})
}

// step is one part of the tour.
type step struct {
	Title, Text string
	As          string // who signs in; empty: nobody
	In          string // where they do
	Link, Name  string
	Command     string
}

func (t Tour) show(q *web.Req) error {
	q.W.Header().Set("Cache-Control", "no-store")
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("demo.tour.title"), Body: tourPage(t.steps(q.P, q.Path), Password), Private: true})
}

// steps are the parts of the tour that this demo has.
func (t Tour) steps(p *i18n.Printer, path func(string) string) []step {
	citizen, service := t.Citizen, path("/services/"+t.Service)
	all := []struct {
		id, role, link, command string
	}{
		{"apply", "", service, ""},
		{"decide", "permit-officer", "/staff/cases", ""},
		{"pay", "", path("/cabinet/applications"), ""},
		{"see", "", path("/cabinet/access"), ""},
		{"policy", "privacy-officer", "/staff/policy", "sed -i '0,/P5Y/s//P6Y/' " + t.Dir + "/policy/retention.yaml"},
		{"log", "", path("/privacy/proof"), ""},
	}
	var out []step
	for _, s := range all {
		if s.role != "" && !slices.Contains(t.Roles(), s.role) {
			continue
		}
		one := step{
			Title: p.T("demo.tour." + s.id), Text: p.T("demo.tour." + s.id + ".text"), Link: s.link, Name: p.T("demo.tour." + s.id + ".link"),
			As: citizen, In: path("/sign-in"), Command: s.command,
		}
		switch {
		case s.role != "":
			one.As, one.In = s.role+"@demo.example", "/staff/sign-in"
		case s.id == "log":
			one.As = ""
			if one.Command = strings.ReplaceAll(p.T("demo.tour.log.command"), "FILE", t.Store); t.Store == "" {
				continue
			}
		}
		out = append(out, one)
	}
	return out
}
