package uploads_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/fault"
	"portico/internal/testkit"
	"portico/internal/uploads"
)

// signature is what the test's own database of signatures finds.
const signature = "portico-test-signature"

// daemon is Debian's clamd, with one signature and a socket of its own. It is
// not started yet.
type daemon struct {
	t   *testing.T
	dir string
}

func newDaemon(t *testing.T) *daemon {
	t.Helper()
	dir, err := os.MkdirTemp("", "clamd") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &daemon{t, dir}
	d.write("db/test.ndb", "Portico.Test:0:*:"+hex.EncodeToString([]byte(signature))+"\n")
	d.write("clamd.conf", fmt.Sprintf("DatabaseDirectory %s/db\nLocalSocket %s\nTemporaryDirectory %s\nForeground yes\nStreamMaxLength 2M\n", dir, d.socket(), dir))
	return d
}

func (d *daemon) write(name, text string) {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

func (d *daemon) socket() string { return filepath.Join(d.dir, "s") }

// start starts it, and waits until it answers.
func (d *daemon) start() {
	d.t.Helper()
	path, err := exec.LookPath("clamd")
	if err != nil { // a user's path may not lead to daemons
		path, err = exec.LookPath("/usr/sbin/clamd")
	}
	if err != nil {
		d.t.Fatal("clamd is not there: run `make test`, which installs it")
	}
	var said bytes.Buffer
	c := exec.Command(path, "--foreground", "--config-file="+filepath.Join(d.dir, "clamd.conf"))
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if conn, err := net.Dial("unix", d.socket()); err == nil {
			_ = conn.Close()
			return
		}
	}
	d.t.Fatalf("clamd does not answer: %s", said.String())
}

func (d *daemon) client() *uploads.Clamd {
	d.t.Helper()
	c, err := uploads.NewClamd("unix:" + d.socket())
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

func TestWhatTheScannerFindsIsDestroyedAndThePersonTold(t *testing.T) {
	w, d := onOne(t), newDaemon(t)
	d.start()
	w.Scanner = d.client()
	s := w.spot(w.citizen, plan)
	w.sent(s, "plan.pdf", pdf(300_000, "dhigu magu"))
	f, err := w.Receive(t.Context(), s, "bad.pdf", -1, bytes.NewReader(pdf(300_000, signature)))
	if err == nil || f.State != uploads.Refused || f.Reason != uploads.Infected {
		t.Fatalf("malware is %+v, %v", f, err)
	}
	w.work()
	if list := w.blobs(); len(list) != 1 {
		t.Errorf("there are %d blobs, not that of the plan alone", len(list))
	}
	if _, err := read(w.Mine(t.Context(), w.citizen, f.ID)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("what was destroyed can be asked for: %v", err)
	}
	list, err := w.List(t.Context(), s)
	i := slices.IndexFunc(list, func(l *uploads.File) bool { return l.ID == f.ID })
	if err != nil || i < 0 || list[i].Name != "bad.pdf" || list[i].Reason != uploads.Infected {
		t.Errorf("the person is told %v, %v", list, err)
	}
}

func TestAFileWaitsClosedWhileTheScannerIsAway(t *testing.T) {
	w, d := onOne(t), newDaemon(t)
	w.Scanner = d.client()
	s := w.spot(w.citizen, plan)
	content := pdf(300_000, "dhigu magu")
	f, err := w.Receive(t.Context(), s, "plan.pdf", -1, bytes.NewReader(content))
	if err != nil || f.State != uploads.Checking {
		t.Fatalf("without the scanner it is %+v, %v", f, err)
	}
	if w.Scanner.Ping(t.Context()) == nil {
		t.Error("a scanner that is away answers")
	}
	for range 3 {
		w.store.Clock.Advance(time.Hour)
		w.work()
	}
	if _, err := read(w.Open(t.Context(), f.ID, w.task(s, w.official))); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an official opens what was not scanned: %v", err)
	}
	if ready, err := w.Ready(t.Context(), w.citizen.ID, s.Use.Scope, []string{f.ID}); ready || err != nil {
		t.Errorf("what was not scanned counts as ready: %v, %v", ready, err)
	}
	d.start()
	if err := w.Scanner.Ping(t.Context()); err != nil {
		t.Errorf("a scanner that is there: %v", err)
	}
	w.store.Clock.Advance(2 * time.Hour)
	w.work()
	got, err := read(w.Open(t.Context(), f.ID, w.task(s, w.official)))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("once it was scanned: %d bytes, %v", len(got), err)
	}
}

func TestWhatTheScannerDoesNotScanIsNotClean(t *testing.T) {
	d := newDaemon(t)
	d.start()
	for what, c := range map[string]struct {
		content io.Reader
		found   string
		failed  bool
	}{
		"clean":            {strings.NewReader("a plan"), "", false},
		"empty":            {strings.NewReader(""), "", false},
		"found":            {strings.NewReader("a " + signature), "Portico.Test.UNOFFICIAL", false},
		"over its limit":   {bytes.NewReader(make([]byte, 3<<20)), "", true},
		"cannot be read":   {io.MultiReader(strings.NewReader("half"), &dying{strings.NewReader("x"), 0}), "", true},
		"many small reads": {io.LimitReader(testkitBytes(t), 200_000), "", false},
	} {
		found, err := d.client().Scan(t.Context(), c.content)
		if found != c.found || (err != nil) != c.failed {
			t.Errorf("%s: found %q, %v", what, found, err)
		}
	}
}

// testkitBytes are bytes by chance, a few at a time.
func testkitBytes(t *testing.T) io.Reader {
	r := testkit.Chance(t)
	return readerFunc(func(p []byte) (int, error) {
		n := min(len(p), 1+r.IntN(100))
		for i := range n {
			p[i] = byte(r.Uint32())
		}
		return n, nil
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestAScannerThatMisbehavesIsAway has daemons that answer nonsense, hang up,
// or never answer.
func TestAScannerThatMisbehavesIsAway(t *testing.T) {
	for what, answer := range map[string]string{"hangs up": "", "speaks otherwise": "HTTP/1.1 200 OK\r\n", "says an error": "INSTREAM size limit exceeded. ERROR\x00", "is silent": "silent"} {
		dir, err := os.MkdirTemp("", "clamd")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		l, err := net.Listen("unix", filepath.Join(dir, "s"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer func() { _ = conn.Close() }()
			_, _ = conn.Read(make([]byte, 100))
			if answer == "silent" {
				cancel() // as the time that it gets being over
				<-t.Context().Done()
				return
			}
			_, _ = io.WriteString(conn, answer)
		}()
		c, err := uploads.NewClamd("unix:" + l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if found, err := c.Scan(ctx, strings.NewReader("a plan")); err == nil || found != "" {
			t.Errorf("one that %s: %q, %v", what, found, err)
		}
		cancel()
	}
}

func TestAScannerIsOnThisMachine(t *testing.T) {
	for address, ok := range map[string]bool{
		"unix:/run/clamav/clamd.ctl": true, "tcp:127.0.0.1:3310": true, "tcp:[::1]:3310": true,
		"": false, "unix:run/s": false, "tcp:10.0.0.5:3310": false, "tcp:clamav.example:3310": false, "127.0.0.1:3310": false, "http://127.0.0.1:3310": false,
	} {
		if _, err := uploads.NewClamd(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}
