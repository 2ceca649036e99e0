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
	staff(http.MethodGet, "/staff/cases", k.queue)
	staff(http.MethodGet, "/staff/cases/{id}", k.view)
	staff(http.MethodPost, "/staff/cases/{id}", k.decided)
}

// actor is the official who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong}
}
