package app

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"portico/internal/demo"
	"portico/internal/identity"
	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/testkit"
)

// What the bench of notices queues, to how many people and by how many at once,
// and how many a second are to be handed to the mail server at the least.
const (
	noticesBound = 500
	noticesTold  = 5000
	noticesTo    = 40
	noticesBy    = 16 // at once, as people's requests do
)

// BenchmarkNotices queues notices by e-mail, each in a transaction of its own
// as a step of a case does, and waits until a mail server on this machine has
// taken each and that is noted: with the address opened through the gate, as an
// event, each time.
func BenchmarkNotices(b *testing.B) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		b.Run(string(engine), func(b *testing.B) { benchmarkNotices(b, engine) })
	}
}

// awake is the national portal without quiet hours, at whatever hour this runs.
func awake(b *testing.B) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "onegov")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(testkit.Root(), "instances", "onegov"))); err != nil {
		b.Fatal(err)
	}
	name := filepath.Join(dir, "portico.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	from := bytes.Index(text, []byte("notices:\n"))
	to := bytes.Index(text, []byte("backups:"))
	if from < 0 || to < from {
		b.Fatal("portico.yaml declares no quiet hours to take away")
	}
	if err := os.WriteFile(name, append(text[:from:from], text[to:]...), 0o600); err != nil {
		b.Fatal(err)
	}
	return dir
}

// nothing is what the bench's notices are about.
type nothing struct{}

func (nothing) Say(context.Context, notify.About, *i18n.Printer) (notify.Words, error) {
	return notify.Words{Path: "/cabinet/", Says: map[string]string{kinds.WordService: "Road permit", kinds.WordReference: "RP-7F3K-92QD"}}, nil
}

func benchmarkNotices(b *testing.B, engine db.Engine) {
	p, _ := benched(b, engine, awake(b))
	p.notices.About("bench", nothing{})
	subjects := make([]string, noticesTo)
	for i := range subjects {
		email := fmt.Sprintf("told-%d@example.mv", i)
		var err error
		if subjects[i], err = p.identity.CreatePerson(b.Context(), identity.NewPerson{Contact: email, Password: demo.Password, Details: identity.Details{
			Name: "Aishath Mohamed", BirthDate: "1987-04-12", IdentityNumber: fmt.Sprintf("A5%05d", i), Address: "Finifenmaage\nFuvahmulah City",
		}}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		before, began := handed(b, p), p.clock.Now()
		var queueing sync.WaitGroup
		for worker := range noticesBy {
			queueing.Go(func() {
				for i := worker; i < noticesTold; i += noticesBy {
					n := notify.Notice{Kind: kinds.Message, Subject: subjects[i%len(subjects)], About: "bench:1"}
					if err := p.db.Update(b.Context(), func(tx *db.Tx) error { return p.notices.Queue(tx, n) }); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		queueing.Wait()
		queued := p.clock.Now().Sub(began)
		for handed(b, p)-before < noticesTold {
			if p.clock.Now().Sub(began) > 5*time.Minute {
				b.Fatalf("%d of %d notices were handed over", handed(b, p)-before, noticesTold)
			}
			<-time.After(20 * time.Millisecond)
		}
		b.Logf("queued after %s", queued)
		perSecond := noticesTold / p.clock.Now().Sub(began).Seconds()
		held(b, perSecond, "notices/s", perSecond >= noticesBound, fmt.Sprintf("%d at the least", noticesBound))
	}
}

// handed is how many notices the mail server has taken.
func handed(b *testing.B, p *portal) (n int) {
	b.Helper()
	if err := p.db.View(b.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(`SELECT COUNT(notice) FROM notify_delivery WHERE channel = $1 AND state = $2`, string(kinds.Email), string(notify.Sent)).Scan(&n)
	}); err != nil {
		b.Fatal(err)
	}
	return n
}
