package instance

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// buffer is a log that two goroutines may use.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

type place struct {
	*Live
	clock *clock.Fake
	log   *buffer
}

func open(t *testing.T, d *db.DB, fsys fs.FS, opts Options) *place {
	t.Helper()
	p := &place{clock: clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)), log: &buffer{}}
	return p.again(t, d, fsys, opts)
}

// again is another start of the program on the same store.
func (p *place) again(t *testing.T, d *db.DB, fsys fs.FS, opts Options) *place {
	t.Helper()
	live, err := NewLive(t.Context(), Config{DB: d, Clock: p.clock, Log: slog.New(slog.NewTextHandler(p.log, nil)), Options: opts}, mustLoad(t, fsys, opts))
	if err != nil {
		t.Fatal(err)
	}
	return &place{Live: live, clock: p.clock, log: p.log}
}

func TestACaseGoesOnUnderTheVersionItBeganUnder(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		before := sample(t)
		first := open(t, d, before, Options{})
		old := first.Current().Hash

		after := sample(t)
		change(t, after, "services/parking-permit/service.yaml", "working-days: 3", "working-days: 9")
		change(t, after, "environment.yaml", "port: 587", "port: 465")
		p := first.again(t, d, after, Options{})
		if got := p.Catalogue().Service("parking-permit").WorkingDays; got != 9 {
			t.Errorf("in force are %d days", got)
		}
		kept := p.Catalogue().Version(old, "parking-permit")
		if kept == nil || kept.WorkingDays != 3 {
			t.Fatalf("the version of the case is lost: %+v", kept)
		}
		in, err := p.Version(t.Context(), old)
		if err != nil || in.Hash != old || in.Environment.Mail.Port != 465 {
			t.Errorf("the old version: %v, environment of the place: %+v", err, in)
		}
		if twice, _ := p.Version(t.Context(), old); twice != in {
			t.Error("an old version is loaded each time")
		}
		if _, err := p.Version(t.Context(), "none"); !errors.Is(err, ErrNoVersion) {
			t.Errorf("an unknown version: %v", err)
		}
	}, Migrations())
}

// publish puts what is proposed in force.
func (p *place) publish(t *testing.T) {
	t.Helper()
	in, _, err := p.Proposal(t.Context())
	if err != nil || in == nil {
		t.Fatalf("nothing is proposed: %v", err)
	}
	if err := p.db.Update(t.Context(), func(tx *db.Tx) error { return p.Enforce(tx, in.Hash) }); err != nil {
		t.Fatal(err)
	}
	if err := p.Follow(t.Context()); err != nil || p.Current().Hash != in.Hash {
		t.Fatalf("in force is %s: %v", p.Current().Hash, err)
	}
	if in, _, err := p.Proposal(t.Context()); err != nil || in != nil {
		t.Errorf("it is still proposed: %v", err)
	}
}

func TestI13_AChangedPolicyWaitsWithEverythingElseUntilItIsPublished(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		first := open(t, d, sample(t), Options{})
		before := first.Current()
		changed := sample(t)
		change(t, changed, "policy/retention.yaml", "P5Y", "P6Y")
		change(t, changed, "services/parking-permit/service.yaml", "working-days: 3", "working-days: 4")
		change(t, changed, "environment.yaml", "port: 587", "port: 465")
		first.clock.Advance(time.Hour)
		p := first.again(t, d, changed, Options{Demo: true}) // a start, of a demo too
		if got := p.Current(); got.Hash != before.Hash || p.Catalogue().Service("parking-permit").WorkingDays != 3 || got.Environment.Mail.Port != 465 {
			t.Fatalf("in force is %s", got.Hash)
		}
		in, at, err := p.Proposal(t.Context())
		if err != nil || in == nil || !at.Equal(p.clock.Now()) || in.Policy.Hash() == before.Policy.Hash() {
			t.Fatalf("proposed: %t at %v, %v", in != nil, at, err)
		}
		p.Reload(t.Context(), sample(t)) // back to what is in force: nothing is proposed any more
		if in, _, err := p.Proposal(t.Context()); err != nil || in != nil {
			t.Errorf("proposed: %t, %v", in != nil, err)
		}
		p.Reload(t.Context(), changed)
		other := first.again(t, d, changed, Options{}) // another node
		p.publish(t)
		if other.Current().Hash != before.Hash {
			t.Fatal("a node works by what it has not read")
		}
		change(t, changed, "services/parking-permit/service.yaml", "working-days: 4", "working-days: 5")
		other.Reload(t.Context(), changed) // follows first: only the service is another
		if got := other.Catalogue().Service("parking-permit").WorkingDays; got != 5 {
			t.Errorf("the other node works by %d days", got)
		}
		if err := p.Follow(t.Context()); err != nil || p.Catalogue().Service("parking-permit").WorkingDays != 5 {
			t.Errorf("a node does not follow: %v", err)
		}
		started := first.again(t, d, changed, Options{})
		if got := started.Current(); got.Hash != p.Current().Hash {
			t.Errorf("a start has %s in force", got.Hash)
		}
	}, Migrations())
}

func TestAVersionThatWasTamperedWithIsNotUsed(t *testing.T) {
	d := testkit.Database(t, db.SQLite, Migrations())
	p := open(t, d, sample(t), Options{})
	other := sample(t)
	change(t, other, "portico.yaml", "Example Town Council", "Somebody Else")
	forged := mustLoad(t, other, Options{})
	if err := d.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO instance_version (hash, policy, words, loaded_at, archive) VALUES ($1, $2, $3, $4, $5)`, "f00d", "p", "w", 1, forged.archive)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if in, err := p.Version(t.Context(), "f00d"); err == nil || !strings.Contains(err.Error(), "its files have the hash") {
		t.Errorf("a forged version was loaded: %v, %v", in, err)
	}
}

func TestVersionsAreNeverChangedOrRemoved(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		open(t, d, sample(t), Options{})
		for _, statement := range []string{
			"DELETE FROM instance_force", "DELETE FROM instance_version", "DELETE FROM instance_loaded",
			"UPDATE instance_version SET loaded_at = 0", "UPDATE instance_force SET since = 0",
		} {
			err := d.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(statement)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "kept for ever") {
				t.Errorf("%s: %v", statement, err)
			}
		}
	}, Migrations())
}

func TestO15_ThePolicyKnowsWhenItWasLastUpdated(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		p := open(t, d, sample(t), Options{})
		start := p.clock.Now()
		updated := func() time.Time {
			t.Helper()
			at, err := p.Updated(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		if got := updated(); !got.Equal(start) {
			t.Errorf("at first %v", got)
		}
		p.clock.Advance(time.Hour)
		p = p.again(t, d, sample(t), Options{}) // the same once more
		service := sample(t)
		change(t, service, "services/parking-permit/service.yaml", "working-days: 3", "working-days: 4")
		p.clock.Advance(time.Hour)
		p = p.again(t, d, service, Options{}) // a change that leaves the policy as it was
		if got := updated(); !got.Equal(start) {
			t.Errorf("after changes of other things %v", got)
		}
		words := sample(t)
		change(t, words, "policy/text/en.md", "which runs this portal", "who runs this portal")
		p.clock.Advance(time.Hour)
		p = p.again(t, d, words, Options{})
		if got := updated(); !got.Equal(start) {
			t.Errorf("a change of the words is in force by itself since %v", got)
		}
		p.publish(t)
		if got := updated(); !got.Equal(start.Add(3 * time.Hour)) {
			t.Errorf("after a change of the words %v", got)
		}
		p.clock.Advance(time.Hour)
		p = p.again(t, d, service, Options{}) // back to the words from before: that is an update, too
		p.publish(t)
		if got := updated(); !got.Equal(start.Add(4 * time.Hour)) {
			t.Errorf("after going back %v", got)
		}
		revisions, err := p.Revisions(t.Context())
		if err != nil || len(revisions) != 3 || revisions[0].Words != revisions[2].Words || revisions[0].Words == revisions[1].Words {
			t.Errorf("revisions: %+v, %v", revisions, err)
		}
		in, err := p.Version(t.Context(), revisions[1].Hash)
		if err != nil || in.Words != revisions[1].Words || in.Declarations == nil {
			t.Errorf("a revision's declarations cannot be had: %v", err)
		}
		published, err := p.Policies().Versions(t.Context())
		if err != nil || len(published) != 3 || published[0] != p.Policies().Current() {
			t.Fatalf("published: %+v, %v", published, err)
		}
		for i, v := range published {
			if r := revisions[len(revisions)-1-i]; v.ID != r.Words || !v.From.Equal(r.Since) || v.Text["en"] == nil || v.Portal.Name["en"] != "Example Town" {
				t.Errorf("version %d is %s since %v, want %s since %v", i, v.ID, v.From, r.Words, r.Since)
			}
		}
	}, Migrations())
}

func TestAClockThatGoesBackDoesNotChangeTheOrder(t *testing.T) {
	d := testkit.Database(t, db.SQLite, Migrations())
	p := open(t, d, sample(t), Options{})
	p.clock.Advance(-time.Hour)
	after := sample(t)
	change(t, after, "portico.yaml", "Helpline", "Telephone")
	p = p.again(t, d, after, Options{})
	all, err := p.History(t.Context())
	if err != nil || len(all) != 2 || all[1].Hash != p.Current().Hash || !all[1].Since.After(all[0].Since) {
		t.Errorf("history: %+v, %v", all, err)
	}
}

func TestReloadPublishesOnlyWhatItMay(t *testing.T) {
	for name, c := range map[string]struct {
		demo                   bool
		file, old, replacement string
		taken                  bool
		says                   string
	}{
		"a service":                     {false, "services/parking-permit/service.yaml", "working-days: 3", "working-days: 4", true, "in force"},
		"a fault":                       {false, "portico.yaml", "currency: EUR", "curency: EUR", false, "portico.yaml:19: unknown key"},
		"a fault in a demo":             {true, "portico.yaml", "currency: EUR", "curency: EUR", false, "portico.yaml:19: unknown key"},
		"policy text":                   {false, "policy/text/en.md", "which runs", "who runs", false, "proposed"},
		"terms":                         {false, "policy/terms/en.md", "true details", "real details", false, "proposed"},
		"a declaration of the policy":   {false, "policy/retention.yaml", "P5Y", "P6Y", false, "proposed"},
		"who answers for it":            {false, "portico.yaml", "Example Town Council", "Somebody Else", false, "proposed"},
		"a way to reach them":           {false, "portico.yaml", "Helpline", "Telephone", true, "in force"},
		"policy text in a demo":         {true, "policy/text/en.md", "which runs", "who runs", false, "proposed"},
		"another instance":              {true, "portico.yaml", "id: example", "id: other", false, "another instance"},
		"nothing but the environment":   {false, "environment.yaml", "port: 587", "port: 465", false, "the same as before"},
		"a field that a service adds":   {false, "services/parking-permit/service.yaml", "why: {en: So that you know why", "why: {en: So that you see why", false, "proposed"},
		"a service's own test is wrong": {true, "services/parking-permit/tests/permit.yaml", "fee: 6000", "fee: 1", false, "expected 1"},
	} {
		t.Run(name, func(t *testing.T) {
			d := testkit.Database(t, db.SQLite, Migrations())
			p := open(t, d, sample(t), Options{Demo: c.demo})
			before := p.Current()
			files := sample(t)
			change(t, files, c.file, c.old, c.replacement)
			p.Reload(t.Context(), files)
			if taken := p.Current() != before; taken != c.taken {
				t.Errorf("taken: %v", taken)
			}
			if !strings.Contains(p.log.String(), c.says) {
				t.Errorf("the log does not say %q:\n%s", c.says, p.log)
			}
			if all, err := p.History(t.Context()); err != nil || (len(all) == 2) != c.taken {
				t.Errorf("history: %+v, %v", all, err)
			}
		})
	}
}

func TestWatchSeesWhatIsSaved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "i")
	if err := Init(dir); err != nil {
		t.Fatal(err)
	}
	d := testkit.Database(t, db.SQLite, Migrations())
	p := open(t, d, os.DirFS(dir), Options{Demo: true})
	ctx, stop := context.WithCancel(t.Context())
	tick, done := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(done)
		p.watch(ctx, os.DirFS(dir), tick)
	}()
	defer func() { stop(); <-done }()
	save := func(old, replacement string) {
		t.Helper()
		name := filepath.Join(dir, "portico.yaml")
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, bytes.Replace(data, []byte(old), []byte(replacement), 1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	look := func(times int) {
		for range times {
			tick <- time.Time{}
		}
	}
	first := p.Current()
	look(3)
	save("timezone: Europe/Dublin", "timezon: Europe/Dublin!")
	look(3) // the third is only taken once the second has been dealt with
	if p.Current() != first {
		t.Fatal("a faulty directory was put in force")
	}
	if !strings.Contains(p.log.String(), "portico.yaml:18") {
		t.Errorf("the log does not say the fault:\n%s", p.log)
	}
	save("timezon: Europe/Dublin!", "timezone: Europe/Paris")
	look(1)
	if p.Current() != first {
		t.Error("a file was read while it may still be written")
	}
	look(2)
	if got := p.Current().Portal.Timezone.Location().String(); got != "Europe/Paris" {
		t.Errorf("in force is %s", got)
	}
}

func TestOldVersionsAreCachedWithinABound(t *testing.T) {
	d := testkit.Database(t, db.SQLite, Migrations())
	var p *place
	var hashes []string
	for days := range maxCached + 3 {
		files := sample(t)
		change(t, files, "services/parking-permit/service.yaml", "working-days: 3", "working-days: "+string(rune('1'+days%9))+string(rune('0'+days/9)))
		if p == nil {
			p = open(t, d, files, Options{})
		} else {
			p = p.again(t, d, files, Options{})
		}
		hashes = append(hashes, p.Current().Hash)
	}
	slices.Sort(hashes)
	for _, h := range slices.Compact(hashes) {
		if _, err := p.Version(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	if len(hashes) != maxCached+3 || len(p.cache) != maxCached || len(p.order) != maxCached {
		t.Errorf("%d versions, %d cached", len(hashes), len(p.cache))
	}
}

func TestEveryColumnIsDeclared(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		schema, err := d.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if wrong := db.Undeclared(schema, Holding()); len(wrong) > 0 {
			t.Errorf("I1: %q", wrong)
		}
	}, Migrations())
}

func TestTheCalendarCountsWorkingDays(t *testing.T) {
	in := mustLoad(t, sample(t), Options{})
	zone := in.Portal.Timezone.Location()
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-23T10:00", 3, "2026-11-27T00:00"}, // Monday: until Thursday is over
		{"2026-11-27T23:59", 1, "2026-12-01T00:00"}, // Friday night: Monday
		{"2026-11-28T10:00", 1, "2026-12-01T00:00"}, // Saturday: Monday
		{"2026-12-24T10:00", 1, "2026-12-29T00:00"}, // Christmas Day is a Friday
		{"2026-11-23T10:00", 0, "2026-11-24T00:00"},
	} {
		from, err := time.ParseInLocation("2006-01-02T15:04", c.from, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := in.Portal.Calendar.Due(from.UTC(), c.n, zone).Format("2006-01-02T15:04"); got != c.want {
			t.Errorf("%d working days from %s: %s, want %s", c.n, c.from, got, c.want)
		}
	}
}

func TestEvidenceIsHadAsItWasLoaded(t *testing.T) {
	f := sample(t)
	f["evidence/plan.md"] = &fstest.MapFile{Data: []byte("the plan")}
	change(t, f, "policy/promises.yaml", "    control: disposed\n", "    attestation: {by: {en: us}, evidence: evidence/plan.md, sha256: c2dfe05e48a4bb04a8ad4e5f2ef1da04bb2ed0e14e0a2e5ba9d8c1e2a5e7a0e7, on: 2026-11-22, until: 2027-11-22}\n")
	_, faults := Load(f, Options{})
	if len(faults) != 1 || !strings.Contains(faults[0].Message, "evidence/plan.md has another SHA-256: ") {
		t.Fatalf("another hash was taken:\n%s", lines(faults))
	}
	_, sum, _ := strings.Cut(faults[0].Message, "SHA-256: ")
	change(t, f, "policy/promises.yaml", "c2dfe05e48a4bb04a8ad4e5f2ef1da04bb2ed0e14e0a2e5ba9d8c1e2a5e7a0e7", sum)
	in := mustLoad(t, f, Options{})
	if data, err := in.Evidence("evidence/plan.md"); err != nil || string(data) != "the plan" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := in.Evidence("portico.yaml"); err == nil {
		t.Error("a declaration was had as evidence")
	}
}
