package desk

import (
	"net/http"

	"portico/internal/platform/web"
	"portico/internal/policy"
)

// Mount declares the pages of officials. The activity is that of each service.
func (k *Desk) Mount(r *web.Router) {
	staff := func(method, path string, h web.Handler) {
		r.Handle(web.Route{Method: method, Path: path, Audience: web.Staff, Activity: "{service}.decide", Unprefixed: true, Handler: h})
	}
	none := func(method, path, why string, h web.Handler) {
		r.Handle(web.Route{Method: method, Path: path, Audience: web.Staff, Activity: "none: " + why, Unprefixed: true, Handler: h})
	}
	staff(http.MethodGet, "/staff/cases", k.queue)
	staff(http.MethodPost, "/staff/cases/next", k.takeOne)
	staff(http.MethodPost, "/staff/cases/find", k.find)
	r.Handle(web.Route{Method: http.MethodPost, Path: "/staff/cases/{id}/look", Audience: web.Staff, Activity: "{service}.review", Unprefixed: true, Handler: k.lookInto})
	staff(http.MethodGet, "/staff/cases/hand-over", k.showHandOver)
	staff(http.MethodPost, "/staff/cases/hand-over", k.takeHandOver)
	staff(http.MethodGet, "/staff/load", k.load)
	staff(http.MethodGet, "/staff/load/{reference}", k.ofOne)
	none(http.MethodGet, "/staff/remarks", "shows texts that tell nothing about anybody", k.showRemarks)
	none(http.MethodPost, "/staff/remarks", "keeps texts that tell nothing about anybody", k.takeRemarks)
	none(http.MethodGet, "/staff/keys", "shows the keys of pages", k.showKeys)
	none(http.MethodPost, "/staff/keys", "turns the keys of pages on or off", k.takeKeys)
	staff(http.MethodGet, "/staff/cases/{id}", k.view)
	staff(http.MethodPost, "/staff/cases/{id}", k.decided)
}

// actor is the official who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong}
}
