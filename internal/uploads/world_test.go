package uploads_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portico/internal/audit"
	"portico/internal/platform/blobs"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/uploads"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

const (
	plan  = "road-permit.plan"
	photo = "road-permit.photo"
)

// world is a portal with two questions for files, two people and an official.
type world struct {
	*uploads.Uploads
	t        *testing.T
	store    *vaulttest.Store
	queue    *jobs.Queue
	folder   *blobs.Folder
	dir      string // of the blobs
	citizen  policy.Actor
	stranger policy.Actor
	official policy.Actor
	gone     map[string]bool // scopes of applications that are there no more
}

// scanner is one that finds nothing.
type scanner struct{}

func (scanner) Ping(context.Context) error { return nil }

func (scanner) Scan(_ context.Context, r io.Reader) (string, error) {
	_, err := io.Copy(io.Discard, r)
	return "", err
}

func migrations() []fs.FS {
	return []fs.FS{audit.Migrations(), vault.Migrations(), jobs.Migrations(), uploads.Migrations()}
}

// declared is the policy with the two questions, and who examines the files.
func declared(t testing.TB) *policy.Policy {
	d := policytest.Declarations()
	road := d.Fields[slices.IndexFunc(d.Fields, func(f policy.Field) bool { return f.ID == "road-permit.road" })]
	for _, id := range []string{plan, photo} {
		road.ID = id
		d.Fields = append(d.Fields, road)
	}
	for i, a := range d.Activities {
		switch a.ID {
		case "road-permit.apply":
			d.Activities[i].Fields = append(a.Fields, plan, photo)
			examine := a
			examine.ID, examine.Who, examine.Relation = "road-permit.examine", []string{"system"}, policy.RelationSystem
			examine.Fields = []string{plan, photo}
			d.Activities = append(d.Activities, examine)
		case "road-permit.decide":
			d.Activities[i].Fields = append(a.Fields, plan)
		}
	}
	return policytest.CompileAs(t, d, policy.Options{Languages: policytest.Languages()})
}

func of(activity string) func(string) string {
	return func(field string) string { return field[:strings.LastIndexByte(field, '.')] + activity }
}

// onEachEngine runs a test in a world on SQLite and on PostgreSQL.
func onEachEngine(t *testing.T, run func(w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(newWorld(t, d)) }, migrations()...)
}

// onOne runs a test in a world on SQLite, for what has nothing to do with the
// database.
func onOne(t *testing.T) *world {
	t.Helper()
	return newWorld(t, testkit.Database(t, db.SQLite, migrations()...))
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, store: vaulttest.Open(t, d, declared(t)), dir: filepath.Join(t.TempDir(), "files"), gone: map[string]bool{}}
	var err error
	if w.folder, err = blobs.OpenFolder(w.dir, w.store.Clock); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.folder.Close() })
	w.queue = jobs.NewQueue(jobs.Config{DB: d, Clock: w.store.Clock, Log: slog.New(slog.DiscardHandler)})
	var scans uploads.Scanner // on one engine: files go another way where there is none
	if d.Engine() == db.Postgres {
		scans = scanner{}
	}
	w.Uploads = uploads.New(uploads.Config{
		DB: d, Vault: w.store.Vault, Blobs: w.folder, Jobs: w.queue, Scanner: scans, Clock: w.store.Clock,
		Log: slog.New(slog.DiscardHandler), Apply: of(".apply"), Examine: of(".examine"),
		Lives: func(_ context.Context, _, scope string) (bool, error) { return !w.gone[scope], nil },
	})
	w.citizen = policy.Actor{Kind: policy.Person, ID: w.store.Subject(t)}
	w.stranger = policy.Actor{Kind: policy.Person, ID: w.store.Subject(t)}
	w.official = policy.Actor{Kind: policy.Staff, ID: w.store.Subject(t), Roles: []string{"permit-officer"}, Strong: true}
	return w
}

// spot is a question of an application of somebody's.
func (w *world) spot(who policy.Actor, field string) *uploads.Spot {
	scope := "case:" + id.New(w.store.Clock.Now())
	return &uploads.Spot{
		Use:   vault.Use{Actor: who, Subject: who.ID, Activity: "road-permit.apply", Scope: scope},
		Field: field, Kinds: uploads.AllKinds(), Max: 1 << 20, Count: 3,
	}
}

// task is how an official uses the files of a case that they hold.
func (w *world) task(s *uploads.Spot, who policy.Actor) func(*db.Tx, *uploads.File) (vault.Use, error) {
	return func(_ *db.Tx, f *uploads.File) (vault.Use, error) {
		return vault.Use{
			Actor: who, Subject: f.Subject, Activity: "road-permit.decide", Scope: f.Scope,
			Task: policy.Task{Scope: s.Use.Scope, Holder: who.ID, Open: true},
		}, nil
	}
}

// sent sends a file and expects that it is clean.
func (w *world) sent(s *uploads.Spot, name string, content []byte) *uploads.File {
	w.t.Helper()
	f, err := w.Receive(w.t.Context(), s, name, -1, bytes.NewReader(content))
	if err != nil || f.State != uploads.Clean {
		w.t.Fatalf("%s is %+v, %v", name, f, err)
	}
	return f
}

// read opens a file as somebody may.
func read(c *uploads.Content, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	return io.ReadAll(c)
}

// work does the jobs that are due.
func (w *world) work() {
	w.t.Helper()
	for {
		n, err := w.queue.Work(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// blobs are those that there are.
func (w *world) blobs() (list []blobs.Info) {
	w.t.Helper()
	if err := w.folder.List(w.t.Context(), func(b blobs.Info) error {
		list = append(list, b)
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return list
}

// kinds are the kinds of events about somebody, the oldest first.
func (w *world) events(who policy.Actor, activity string) (kinds []string) {
	w.t.Helper()
	for _, e := range w.store.Events(w.t, who.ID) {
		if e.Activity == activity {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

// pdf is a PDF of a size or a little more, with a text that nothing else holds.
func pdf(size int, text string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type /Pages /Kids [3 0 R] /Count 1>>\nendobj\n")
	b.WriteString("3 0 obj\n<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R>>\nendobj\n4 0 obj\n<</Length 9>>\nstream\n")
	for b.WriteString(text); b.Len() < size; {
		b.WriteString("0 0 m 100 100 l S " + text + "\n")
	}
	b.WriteString("\nendstream\nendobj\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 5 /Root 1 0 R>>\nstartxref\n9\n%%EOF\n")
	return b.Bytes()
}

// picture is one of so many pixels.
func picture(t testing.TB, k uploads.Kind, w, h int) []byte {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p.Set(x, y, color.RGBA{uint8(x * 255 / w), uint8(y * 255 / h), 120, 255})
		}
	}
	var b bytes.Buffer
	var err error
	if k == uploads.PNG {
		err = png.Encode(&b, p)
	} else {
		err = jpeg.Encode(&b, p, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
