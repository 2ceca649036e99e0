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
