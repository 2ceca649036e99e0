package demo

import (
	"net/http"
	"strings"

	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
)

// Password is what all people of a demo sign in with.
const Password = "portico-demo"

// Tour is ten minutes through a demo: what to do, where, and as whom.
type Tour struct {
	Person             string // the address of who applies
	Service            string // one that people can apply for
	Decides, Publishes string // the roles that decide on it, and publish the policy; empty: none does
	Dir                string // of the instance
	Store              string // file of the store; empty where it is none
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
	service := path("/services/" + t.Service)
	all := []struct {
		id, as, link, command string
	}{
		{"apply", t.Person, service, ""},
		{"decide", official(t.Decides), "/staff/cases", ""},
		{"pay", t.Person, path("/cabinet/applications"), ""},
		{"see", t.Person, path("/cabinet/access"), ""},
		{"policy", official(t.Publishes), "/staff/policy", "sed -i '0,/P5Y/s//P6Y/' " + t.Dir + "/policy/retention.yaml"},
		{"log", nobody, path("/privacy/proof"), ""},
	}
	var out []step
	for _, s := range all {
		if s.as == "" || s.id == "log" && t.Store == "" {
			continue
		}
		one := step{
			Title: p.T("demo.tour." + s.id), Text: p.T("demo.tour." + s.id + ".text"), Link: s.link, Name: p.T("demo.tour." + s.id + ".link"),
			As: s.as, In: path("/sign-in"), Command: s.command,
		}
		switch {
		case strings.HasPrefix(s.link, "/staff/"):
			one.In = "/staff/sign-in"
		case s.as == nobody:
			one.As, one.Command = "", strings.ReplaceAll(p.T("demo.tour.log.command"), "FILE", t.Store)
		}
		out = append(out, one)
	}
	return out
}

// nobody signs in for a step.
const nobody = "-"

// official is the address of who has a role; empty if there is none.
func official(role string) string {
	if role == "" {
		return ""
	}
	return role + "@demo.example"
}
