package staff_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"portico/internal/identity"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
)

// TestTwoAdministratorsWhoRemoveEachOtherLeaveOne: both acts are decided at
// the same instant, when both still administer people.
func TestTwoAdministratorsWhoRemoveEachOtherLeaveOne(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		admin := p.start(t)
		for i, act := range []func(ctx context.Context, me *web.Session, reference string) error{p.Remove, p.Suspend, p.Remove, p.Suspend} {
			var me [2]*web.Session
			var reference [2]string
			for k := range me {
				email := fmt.Sprintf("admin%d-%d@one.gov.mv", i, k)
				_, page := p.colleague(t, admin, email, "administrator")
				me[k] = &web.Session{Subject: p.whose(t, email), Realm: web.RealmStaff, Roles: []string{"administrator"}, Strong: true}
				reference[k] = strings.TrimPrefix(page, "/staff/people/")
			}
			var together sync.WaitGroup
			begin := make(chan struct{})
			for k := range me {
				together.Go(func() {
					<-begin
					_ = act(t.Context(), me[k], reference[1-k]) // one of the two may be refused
				})
			}
			close(begin)
			together.Wait()
			left := 0
			for k := range me {
				err := p.DB.View(t.Context(), func(tx *db.Tx) error {
					state, err := p.Identity.State(tx, web.RealmStaff, me[k].Subject)
					if state == identity.Open {
						left++
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if left != 1 {
				t.Errorf("pair %d: %d of the two are left", i, left)
			}
		}
	})
}

// TestO10_AnOfficialWhoLostEverythingGetsANewLink: nothing of the old way in
// opens, and the new one asks for a second factor as the first did.
func TestO10_AnOfficialWhoLostEverythingGetsANewLink(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		admin := p.start(t)
		officer, page := p.colleague(t, admin, "ahmed@one.gov.mv", "permit-officer")
		status(t, officer.Post(page, form("do", "reset")), 403)
		before := len(p.post.sent)
		admin.Submit(page, form("do", "reset"), 200)
		if in(officer) {
			t.Error("a session goes on")
		}
		status(t, officer.Post("/staff/sign-in", form("email", "ahmed@one.gov.mv", "password", password)), 422)
		if _, err := p.jobs.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, link, _ := strings.Cut(strings.Join(p.post.sent[before:], "\n"), "/staff/welcome/")
		b := admin.Another()
		p.enrol(t, b, b.Submit("/staff/welcome/"+strings.Fields(link)[0], form("password", newPassword), 200))
		if !in(b) {
			t.Error("the new link does not sign in")
		}
	})
}
